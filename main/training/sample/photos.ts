import { resizeRgb } from '#common/image/resize.ts'
import { planScenes, type SplitPlan } from '#main/sample/scenes/sample-plan.ts'
import { drawScene } from '#main/sample/scenes/scene.ts'
import { preprocess } from '#main/tensor/preprocess.ts'
import type { Batch } from '../training-step.ts'
import { epochOrder, generatorFor, uniform } from '../random.ts'
import type { BatchSource } from '../train.ts'
import { sampleInputSide as side } from './network.ts'

/** How the sample classifiers want their photos; goes into their cards. */
export const samplePreparation = { preprocess: 'tf', resize: 'area', fit: 'stretch' } as const

/** The photos of a split as the classifiers get them. */
export interface SamplePhotos {
  /** [height, width, 3] bytes each */
  readonly images: readonly Uint8Array[]
  /** class of each photo, an index into `labels` */
  readonly classes: readonly number[]
  readonly labels: readonly string[]
}

/** Draws the scenes of a split and brings them to the classifiers' input size. */
export function drawSamplePhotos(
  seed: number,
  plan: SplitPlan,
  onProgress: (done: number, total: number) => void,
): SamplePhotos {
  const scenes = planScenes(seed, plan)
  const labels = [...new Set(scenes.map(({ className }) => className as string))].sort()
  const images = scenes.map((planned, done) => {
    onProgress(done, scenes.length)
    const { rgb } = drawScene(planned)
    const whole = { x: 0, y: 0, width: rgb.width, height: rgb.height }
    const target = { width: side, height: side }
    return resizeRgb(rgb, whole, { target, method: samplePreparation.resize }).data
  })
  onProgress(scenes.length, scenes.length)
  return { images, labels, classes: scenes.map(({ className }) => labels.indexOf(className)) }
}

/** All photos in another order each epoch, each mirrored or turned over by chance: seen from above, they stay what they are. */
export function sampleBatches(photos: SamplePhotos, { seed, size }: { seed: number; size: number }): BatchSource {
  const { images } = photos
  return function* ({ epoch, step }) {
    const order = epochOrder(images.length, { seed, epoch })
    for (let start = step * size; start < order.length; start += size) {
      const chosen = order.subarray(start, start + size)
      yield batchOf(photos, chosen, (i) => flipped(images[i]!, 4 * uniform(generatorFor(seed, epoch, i, 1))))
    }
  }
}

/** All photos in their order, as they are. */
export function* batchesInOrder(photos: SamplePhotos, size: number): Generator<Batch> {
  const { images } = photos
  const all = Uint32Array.from(images.keys())
  for (let start = 0; start < all.length; start += size) {
    yield batchOf(photos, all.subarray(start, start + size), (i) => images[i]!)
  }
}

function batchOf({ labels, classes }: SamplePhotos, chosen: Uint32Array, image: (i: number) => Uint8Array): Batch {
  const x = new Float32Array(chosen.length * side * side * 3)
  const y = new Float32Array(chosen.length * labels.length)
  chosen.forEach((i, at) => {
    x.set(preprocess(image(i), samplePreparation.preprocess), at * side * side * 3)
    y[at * labels.length + classes[i]!] = 1
  })
  return { x, y }
}

/** @param choice 0 … 4: unchanged, left and right swapped, top and bottom swapped, both */
function flipped(image: Uint8Array, choice: number): Uint8Array {
  const [mirror, turn] = [(Math.floor(choice) & 1) === 1, (Math.floor(choice) & 2) === 2]
  if (!mirror && !turn) return image
  const result = new Uint8Array(image.length)
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const from = 3 * ((turn ? side - 1 - y : y) * side + (mirror ? side - 1 - x : x))
      const to = 3 * (y * side + x)
      for (let c = 0; c < 3; c++) result[to + c] = image[from + c]!
    }
  }
  return result
}
