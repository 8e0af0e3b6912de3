import * as tf from '@tensorflow/tfjs'
import { AppError } from '#common/contract/errors.ts'
import { moveTowards, type BatchStatistics } from './batch-normalisation.ts'
import { runHead, runLayer, type StepContext } from './layers.ts'
import { lossOf, type LossId } from './losses.ts'
import type { TrainingNetwork } from './network.ts'
import type { Rmsprop } from './rmsprop.ts'

/** Images and their labels, as the network takes them. */
export interface Batch {
  /** [n, height, width, channels], preprocessed */
  readonly x: Float32Array
  /** [n, classes], one-hot */
  readonly y: Float32Array
}

/** What a step found before its update. */
export interface StepResult {
  /** images */
  readonly n: number
  readonly loss: number
  readonly nCorrect: number
}

interface Step {
  readonly network: TrainingNetwork
  readonly optimizer: Rmsprop
  readonly loss: LossId
  readonly seed: number
  /** epoch and step */
  readonly place: readonly number[]
}

/**
 * One step of gradient descent, on the current backend. The loss is that of Keras's `train_on_batch`: before the
 * update, batch normalisation in training mode, regularisers added.
 * @throws AppError 'training.batch' for a batch of the wrong size, 'training.diverged' where loss or gradients are no
 *   finite numbers; the model is unchanged then
 */
export function trainStep(batch: Batch, step: Step): StepResult {
  const n = batchSize(batch, step.network)
  const statistics: BatchStatistics[] = []
  try {
    return tf.tidy(() => {
      const x = tf.tensor(batch.x, [n, ...step.network.inputShape])
      const labels = tf.tensor2d(batch.y, [n, step.network.nClasses])
      const { loss, logits, gradients } = differentiate(step, x, labels, (batchStatistics) => {
        statistics.push(batchStatistics)
      })
      requireFinite(loss, gradients, step.place)
      step.optimizer.apply(gradients)
      statistics.forEach(moveTowards)
      return { n, loss, nCorrect: countCorrect(logits, batch.y, step.network.nClasses) }
    })
  } finally {
    for (const { mean, variance } of statistics) tf.dispose([mean, variance])
  }
}

function batchSize({ x, y }: Batch, { inputShape, nClasses }: TrainingNetwork): number {
  const n = y.length / nClasses
  const size = inputShape.reduce((product, length) => product * length, 1)
  if (n > 0 && Number.isInteger(n) && x.length === n * size) return n
  throw new AppError(
    'training.batch',
    `a batch has ${x.length} input values and ${y.length} labels; the model takes ${size} and ${nClasses} an image`,
    { data: { inputs: x.length, labels: y.length, size, nClasses } },
  )
}

/** The gradients too: ReLU on wasm makes 0 of NaN, so that a loss may be finite where they are not. */
function requireFinite(loss: number, gradients: readonly tf.Tensor[], [epoch, step]: readonly number[]): void {
  const squares = tf.addN(gradients.map((gradient) => tf.sum(tf.square(gradient)))).dataSync()[0]!
  if (Number.isFinite(loss) && Number.isFinite(squares)) return
  throw new AppError(
    'training.diverged',
    `the training diverged in epoch ${epoch! + 1}, step ${step! + 1}: loss ${loss}, squares of the gradient ${squares}`,
    {
      hint: 'Train with a smaller learning rate.',
      data: { epoch, step, loss: String(loss) },
    },
  )
}

function differentiate(
  { network, loss, seed, place }: Step,
  x: tf.Tensor,
  labels: tf.Tensor2D,
  onStatistics: StepContext['onStatistics'],
): { loss: number; logits: Float32Array; gradients: tf.Tensor[] } {
  const context: StepContext = { seed, place, onStatistics }
  const frozen = runFrozen(network, x, context)
  let logitValues = new Float32Array()
  const computeLoss = (): tf.Scalar => {
    const logits = runTrained(network, frozen, context)
    logitValues = new Float32Array(logits.dataSync())
    const penalties = network.regularised.flatMap((layer) => layer.calculateLosses())
    return penalties.reduce((sum, penalty) => tf.add(sum, penalty), lossOf(loss, logits, labels, network.activation))
  }
  try {
    const weights = network.weights.map((weight) => weight.read())
    const { value, grads } = tf.valueAndGrads(computeLoss)(weights)
    return { loss: value.dataSync()[0]!, logits: logitValues, gradients: grads }
  } catch (cause) {
    disposeTape()
    throw cause
  }
}

type Values = ReadonlyMap<number, tf.Tensor>

/** Values of the frozen nodes that others are computed from; outside the gradient, so that the rest is freed at once. */
function runFrozen(network: TrainingNetwork, x: tf.Tensor, context: StepContext): Values {
  const { nodes, head } = network
  const isNeeded = (index: number): boolean =>
    nodes.some((node, i) => i <= head && !node.isFrozen && node.inputs.includes(index))
  const kept = nodes.flatMap((node, index) => (node.isFrozen && isNeeded(index) ? [index] : []))
  const results = tf.tidy(() => {
    const values = new Map([[0, x]])
    nodes.forEach((node, index) => {
      if (node.isFrozen && index > 0 && index < head) runNode(network, index, values, context)
    })
    return kept.map((index) => values.get(index)!)
  })
  return new Map(kept.map((index, i) => [index, results[i]!]))
}

function runTrained(network: TrainingNetwork, frozen: Values, context: StepContext): tf.Tensor2D {
  const values = new Map(frozen)
  network.nodes.slice(0, network.head).forEach((node, index) => {
    if (!node.isFrozen) runNode(network, index, values, context)
  })
  const { layer, inputs } = network.nodes[network.head]!
  return runHead(layer!, values.get(inputs[0]!)!, network.nClasses)
}

function runNode(network: TrainingNetwork, index: number, values: Map<number, tf.Tensor>, context: StepContext): void {
  const node = network.nodes[index]!
  const inputs = node.inputs.map((input) => values.get(input)!)
  values.set(index, runLayer({ ...node, layer: node.layer! }, inputs, index, context))
}

/** TF.js frees the tensors that it saved for a gradient only where the gradient succeeds. */
function disposeTape(): void {
  const { state } = tf.engine()
  for (const { saved } of state.activeTape) tf.dispose(saved ?? [])
  state.activeTape = []
}

/** Images whose largest logit is at their largest label. */
function countCorrect(logits: Float32Array, labels: Float32Array, nClasses: number): number {
  let nCorrect = 0
  for (let start = 0; start < logits.length; start += nClasses) {
    if (largest(logits, start, nClasses) === largest(labels, start, nClasses)) nCorrect++
  }
  return nCorrect
}

function largest(values: Float32Array, start: number, n: number): number {
  let best = start
  for (let i = start + 1; i < start + n; i++) if (values[i]! > values[best]!) best = i
  return best
}
