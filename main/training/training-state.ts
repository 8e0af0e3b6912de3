import * as tf from '@tensorflow/tfjs'
import { AppError } from '#common/contract/errors.ts'

/** Sums over the steps that are done of an epoch. */
export interface EpochTotals {
  /** images */
  readonly n: number
  /** Σ loss · images */
  readonly loss: number
  /** images whose largest output is that of their label, as predicted in training, before each step's update */
  readonly nCorrect: number
}

/** A weight of the model. */
export interface StoredWeight {
  /** e.g. `conv1/kernel` */
  readonly name: string
  readonly shape: readonly number[]
  readonly data: Float32Array
}

/**
 * Everything that a run needs to go on as if it had never been interrupted. The random numbers of a step depend on
 * seed, epoch and step only, so these three are the random state.
 */
export interface TrainingState {
  readonly seed: number
  /** epochs that are finished */
  readonly epoch: number
  /** steps that are done of the next one */
  readonly step: number
  readonly totals: EpochTotals
  /** all weights in the model's order, moving means and variances too */
  readonly weights: readonly StoredWeight[]
  /** RMSprop's running means of squared gradients, one for each weight that is trained */
  readonly means: readonly Float32Array[]
}

export const noTotals: EpochTotals = { n: 0, loss: 0, nCorrect: 0 }

/** Copies the weights of a model. */
export function readWeights(model: tf.LayersModel): StoredWeight[] {
  return model.weights.map((weight) => ({
    name: weight.originalName,
    shape: weight.shape as number[],
    data: new Float32Array(weight.read().dataSync()),
  }))
}

/**
 * Puts back the weights of a state.
 * @throws AppError 'training.state' where they are of another model; nothing was changed then
 */
export function restoreWeights(model: tf.LayersModel, state: TrainingState): void {
  const described = (weights: readonly { name: string; shape: readonly (number | null)[] }[]): string[] =>
    weights.map(({ name, shape }) => `${kindOf(name)} [${shape.join(', ')}]`)
  const own = described(model.weights.map(({ originalName, shape }) => ({ name: originalName, shape })))
  const stored = described(state.weights)
  const at = own.findIndex((weight, i) => weight !== stored[i])
  if (at >= 0 || own.length !== stored.length) {
    throw new AppError('training.state', `the saved run is of another model: its weight ${at + 1} is not the model’s`, {
      data: { stored: stored[at] ?? stored.length, model: own[at] ?? own.length },
    })
  }
  model.weights.forEach((weight, i) => {
    const value = tf.tensor(state.weights[i]!.data.slice(), weight.shape as number[])
    weight.write(value)
    value.dispose()
  })
}

/** `kernel` of `dense_Dense1/kernel`: layers without a name are numbered anew in each process. */
function kindOf(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1)
}

/**
 * @throws AppError 'training.state' where a state was saved by a run with another seed or other trained weights
 */
export function requireSameRun(state: TrainingState, seed: number, weights: readonly tf.LayerVariable[]): void {
  if (state.seed !== seed) {
    throw new AppError('training.state', `the saved run has the seed ${state.seed}, this one ${seed}`)
  }
  const isSame =
    state.means.length === weights.length &&
    weights.every(({ shape }, i) => tf.util.sizeFromShape(shape as number[]) === state.means[i]!.length)
  if (isSame) return
  throw new AppError('training.state', 'the saved run trained other layers than this one', {
    hint: 'Choose the same layers, or begin anew from its weights.',
  })
}
