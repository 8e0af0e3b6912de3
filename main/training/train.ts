import * as tf from '@tensorflow/tfjs'
import { AppError } from '#common/contract/errors.ts'
import type { BackendName } from '#main/tensor/tfjs/tfjs-runtime.ts'
import { wasmRuntime } from '#main/tensor/tfjs/wasm-runtime.ts'
import type { LossId } from './losses.ts'
import { planNetwork, type TrainingNetwork } from './network.ts'
import { Rmsprop, type RmspropOptions } from './rmsprop.ts'
import {
  noTotals,
  readWeights,
  requireSameRun,
  restoreWeights,
  type EpochTotals,
  type TrainingState,
} from './training-state.ts'
import { trainStep, type Batch, type StepResult } from './training-step.ts'

/** The batches of an epoch (from 0), from a step of it on: a run that is resumed does not begin at the first. */
export type BatchSource = (from: { epoch: number; step: number }) => Iterable<Batch> | AsyncIterable<Batch>

export interface StepReport extends StepResult {
  /** from 0 */
  readonly epoch: number
  /** from 0, within the epoch */
  readonly step: number
}

/** Means over the images of an epoch, each as it was before the update of its step (as Keras reports them). */
export interface EpochReport {
  /** from 0 */
  readonly epoch: number
  /** images */
  readonly n: number
  readonly loss: number
  /** 0…1 */
  readonly accuracy: number
}

export interface TrainOptions {
  /** its weights change; its size is fixed, it ends in softmax or sigmoid */
  readonly model: tf.LayersModel
  /** of a runtime that was started */
  readonly backend: BackendName
  readonly batches: BatchSource
  /** epochs in all, those before a resumption too */
  readonly epochs: number
  readonly optimizer: RmspropOptions
  readonly loss: LossId
  /** whole number: dropout depends on it. The order of the images is the batch source's (see `epochOrder`) */
  readonly seed: number
  /** which layers are trained, those of nested models asked one by one; default: what each layer's `trainable` says.
   * Batch normalisations that are not run by their moving mean and variance */
  readonly trainable?: (layer: tf.layers.Layer) => boolean
  /** goes on from here: the model's weights are replaced by the state's */
  readonly state?: TrainingState
  readonly signal?: AbortSignal
  readonly onStep?: (report: StepReport) => void
  /** awaited; the model may be used meanwhile */
  readonly onEpoch?: (report: EpochReport, capture: () => TrainingState) => void | Promise<void>
}

export interface TrainResult {
  /** `stopped`: by the signal, between two steps; the state goes on from there */
  readonly outcome: 'finished' | 'stopped'
  readonly state: TrainingState
}

/**
 * Trains a classifier as Keras does: `fit` with RMSprop, layer freezing, batch normalisation and dropout in training
 * mode. On one backend the same options give the same weights, bit for bit, however often the run was stopped and
 * resumed. Lets messages in between steps, so that the signal is heard.
 *
 * A stop is an outcome and no error, for the sake of the state. After an error the model's weights are those of the
 * last good step.
 * @throws AppError 'training.model' for a model that cannot be trained, 'training.state' for a state of another run,
 *   'training.batch' for a batch of the wrong size or an epoch without any, 'training.diverged', 'runtime.unavailable'
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  await useBackend(options.backend)
  const run = new Run(options)
  try {
    return await run.all()
  } finally {
    run.dispose()
  }
}

async function useBackend(backend: BackendName): Promise<void> {
  if (backend === 'wasm') await wasmRuntime.start() // with the kernels that the backend lacks
  if (!(await tf.setBackend(backend))) {
    throw new AppError('runtime.unavailable', `the TensorFlow.js backend ${backend} did not start`)
  }
}

class Run {
  readonly #options: TrainOptions
  readonly #network: TrainingNetwork
  readonly #optimizer: Rmsprop
  #epoch: number
  #step: number
  #totals: EpochTotals

  constructor(options: TrainOptions) {
    const { model, optimizer, seed, state, trainable = (layer: tf.layers.Layer) => layer.trainable } = options
    this.#options = options
    this.#network = planNetwork(model, trainable)
    if (state) {
      requireSameRun(state, seed, this.#network.weights)
      restoreWeights(model, state)
    }
    this.#optimizer = new Rmsprop(optimizer, this.#network.weights, state?.means)
    this.#epoch = state?.epoch ?? 0
    this.#step = state?.step ?? 0
    this.#totals = state?.totals ?? noTotals
  }

  async all(): Promise<TrainResult> {
    while (this.#epoch < this.#options.epochs) {
      if (!(await this.#runEpoch())) return { outcome: 'stopped', state: this.#capture() }
      const report = this.#finishEpoch()
      await this.#options.onEpoch?.(report, () => this.#capture())
    }
    return { outcome: 'finished', state: this.#capture() }
  }

  dispose(): void {
    this.#optimizer.dispose()
  }

  /** @returns false where it was stopped */
  async #runEpoch(): Promise<boolean> {
    const { batches, signal } = this.#options
    if (signal?.aborted) return false
    try {
      for await (const batch of batches({ epoch: this.#epoch, step: this.#step })) {
        if (signal?.aborted) return false
        await this.#runStep(batch)
      }
    } catch (cause) {
      // a source that hears the signal too ends by throwing
      if (signal?.aborted && cause === signal.reason) return false
      throw cause
    }
    return true
  }

  async #runStep(batch: Batch): Promise<void> {
    const { backend, loss, seed, onStep } = this.#options
    // others may use another backend meanwhile
    await tf.setBackend(backend)
    const result = trainStep(batch, {
      network: this.#network,
      optimizer: this.#optimizer,
      loss,
      seed,
      place: [this.#epoch, this.#step],
    })
    const report = { ...result, epoch: this.#epoch, step: this.#step }
    this.#step++
    this.#totals = {
      n: this.#totals.n + result.n,
      loss: this.#totals.loss + result.loss * result.n,
      nCorrect: this.#totals.nCorrect + result.nCorrect,
    }
    onStep?.(report)
    await new Promise((resolve) => setImmediate(resolve))
  }

  #finishEpoch(): EpochReport {
    const { n, loss, nCorrect } = this.#totals
    if (n === 0) throw new AppError('training.batch', `there are no images for epoch ${this.#epoch + 1}`)
    const report = { epoch: this.#epoch, n, loss: loss / n, accuracy: nCorrect / n }
    this.#epoch++
    this.#step = 0
    this.#totals = noTotals
    return report
  }

  #capture(): TrainingState {
    return {
      seed: this.#options.seed,
      epoch: this.#epoch,
      step: this.#step,
      totals: this.#totals,
      weights: readWeights(this.#options.model),
      means: this.#optimizer.means(),
    }
  }
}
