import * as tf from '@tensorflow/tfjs'
import type { BackendName } from '#main/tensor/tfjs/tfjs-runtime.ts'
import { train, type EpochReport } from '../train.ts'
import type { TrainingState } from '../training-state.ts'
import { sampleInputSide, sampleNetwork } from './network.ts'
import { batchesInOrder, sampleBatches, type SamplePhotos } from './photos.ts'

/** Everything that the weights of the sample classifiers follow from, beside the photos. */
export const sampleRecipe = {
  /** of the scenes */
  sceneSeed: 1,
  /** of the first weights, the order of the photos and how they are turned */
  seed: 1,
  batchSize: 16,
  /** RMSprop, one phase after the other */
  phases: [
    { epochs: 14, learningRate: 1e-3 },
    { epochs: 6, learningRate: 3e-4 },
    { epochs: 4, learningRate: 1e-4 },
  ],
} as const

type Phase = { readonly epochs: number; readonly learningRate: number }

interface TrainingPlace {
  readonly backend: BackendName
  readonly onEpoch: (report: EpochReport) => void
  /** default: the recipe's */
  readonly phases?: readonly Phase[]
}

/**
 * Trains a sample classifier from its first weights on.
 * @returns the model; whoever asked disposes it
 * @throws AppError 'training.diverged', 'runtime.unavailable'
 */
export async function trainSampleClassifier(
  photos: SamplePhotos,
  { backend, onEpoch, phases = sampleRecipe.phases }: TrainingPlace,
): Promise<tf.LayersModel> {
  const { seed, batchSize } = sampleRecipe
  await tf.setBackend(backend)
  const model = sampleNetwork(seed, photos.labels.length)
  let epochs = 0
  let state: TrainingState | undefined
  for (const { epochs: more, learningRate } of phases) {
    epochs += more
    const result = await train({
      model,
      backend,
      batches: sampleBatches(photos, { seed, size: batchSize }),
      epochs,
      optimizer: { kind: 'rmsprop', form: 'new', learningRate },
      loss: 'categorical-crossentropy',
      seed,
      onEpoch,
      ...(state && { state }),
    })
    state = result.state
  }
  return model
}

/** Share of the photos that a model gets right, 0 … 1. */
export function sampleAccuracy(model: tf.LayersModel, photos: SamplePhotos): number {
  const { classes, labels } = photos
  let [done, nCorrect] = [0, 0]
  for (const { x, y } of batchesInOrder(photos, 32)) {
    const n = y.length / labels.length
    const best = tf.tidy(() => {
      const scores = model.predict(tf.tensor4d(x, [n, sampleInputSide, sampleInputSide, 3])) as tf.Tensor2D
      return tf.argMax(scores, 1).dataSync()
    })
    for (const [i, index] of best.entries()) if (index === classes[done + i]) nCorrect++
    done += n
  }
  return nCorrect / classes.length
}
