import type { ClassifierInfo } from '#common/contract/procedures/models.ts'
import type { LayerGradients, OccludedInput, OcclusionProgress, PatchGrid, ScoreKind } from './runtime.ts'

/** Values of a layer and gradients of class scores there, [n, height, width, channels] each. */
export interface ClassGradients extends LayerGradients {
  readonly height: number
  readonly width: number
  readonly channels: number
}

/** An image classifier that is ready to run: what explainers are handed. */
export interface Classifier {
  readonly info: ClassifierInfo
  /** images a batch that keep one call short and its values small; the same on every machine, so that results are */
  readonly batchSize: number
  /** of its weights */
  readonly bytes: number
  /**
   * Class scores before the last activation.
   * @param inputs [n, height, width, 3] float32, preprocessed
   * @returns [n, classes]
   */
  logits(inputs: Float32Array, n: number): Promise<Float32Array>
  /**
   * The same of one photo that is explained, too: asked again with the same array, nothing is computed again, and its
   * gradients start from what was computed for it. Neither array is to be changed.
   * @param input [height, width, 3] float32, preprocessed
   * @returns [classes]
   */
  cleanLogits(input: Float32Array): Promise<Float32Array>
  /** Probabilities of one image's logits: softmax, or sigmoid where the model ends so. float64. */
  probabilities(logits: ArrayLike<number>): Float64Array
  /**
   * Asked again with the same array, it gives the same arrays, which are not to be changed.
   * @param inputs [n, height, width, 3] float32, preprocessed
   * @param classes one an image: the class whose score is differentiated
   * @param of gradient of the logit, or of the probability, of the class
   * @param layer name of the layer; default: the card's explanation layer
   * @throws AppError 'model.layer-missing', 'runtime.unavailable' where nothing here can differentiate
   */
  layerGradients(
    inputs: Float32Array,
    classes: readonly number[],
    of: ScoreKind,
    layer?: string,
  ): Promise<ClassGradients>
  /** Time that results took that were asked for again, summed over each time; for telling what a method takes alone. */
  readonly savedSeconds?: number
  /**
   * Class scores of a photo with each patch of a grid hidden, computed from what the patches change; equal to those of
   * the hidden photos but for rounding. Left out, or null: the hidden photos are to be computed in full.
   * @returns [rows · cols, classes], the grid row by row
   */
  occludedLogits?(photo: OccludedInput, grid: PatchGrid, progress: OcclusionProgress): Promise<Float32Array | null>
  dispose(): Promise<void>
}

/** By classifier: a batch of new memory each time would keep the garbage collector busy for as long as decoding takes. */
const batches = new WeakMap<Classifier, Float32Array>()

function batchFor(classifier: Classifier, length: number): Float32Array {
  const kept = batches.get(classifier)
  if (kept && kept.length >= length) return kept
  const batch = new Float32Array(length)
  batches.set(classifier, batch)
  return batch
}

/**
 * Class scores of many inputs, batch by batch, so that the caller can be cancelled in between and memory stays small.
 * @param fill writes all of input number `index` into `target` ([height, width, 3]), which holds an earlier one
 * @returns [n, classes]
 */
export async function logitsInBatches(
  classifier: Classifier,
  n: number,
  fill: (index: number, target: Float32Array) => void,
  { signal, onProgress }: { signal: AbortSignal; onProgress?: (done: number) => void },
): Promise<Float32Array> {
  const { width, height } = classifier.info.card
  const size = width * height * 3
  const { nClasses } = classifier.info
  const all = new Float32Array(n * nClasses)
  const batch = batchFor(classifier, Math.min(classifier.batchSize, n) * size)
  for (let start = 0; start < n; start += classifier.batchSize) {
    signal.throwIfAborted()
    const count = Math.min(classifier.batchSize, n - start)
    for (let i = 0; i < count; i++) fill(start + i, batch.subarray(i * size, (i + 1) * size))
    all.set(await classifier.logits(batch.subarray(0, count * size), count), start * nClasses)
    onProgress?.(start + count)
    await yieldToEvents()
  }
  return all
}

/** Lets messages in: a cancel arrives as one. */
export function yieldToEvents(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
