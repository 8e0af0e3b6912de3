import { logitsInBatches, type Classifier } from './classifier.ts'
import type { OccludedInput, OcclusionProgress, PatchGrid } from './runtime.ts'

/**
 * Class scores of a photo with each patch of a grid hidden: from what the patches change where the classifier can and
 * that takes less time, else in full.
 * @returns [rows · cols, classes], the grid row by row
 */
export async function occludedLogits(
  classifier: Classifier,
  photo: OccludedInput,
  grid: PatchGrid,
  progress: OcclusionProgress,
): Promise<Float32Array> {
  const found = await classifier.occludedLogits?.(photo, grid, progress)
  if (found) return found
  return logitsInBatches(
    classifier,
    grid.rows * grid.cols,
    (index, target) => writeOccluded(photo, grid, index, target),
    progress,
  )
}

/** Writes the photo with one patch hidden. @param index of the patch, the grid row by row */
export function writeOccluded(
  { input, filling, width }: OccludedInput,
  { patch, stride, cols }: PatchGrid,
  index: number,
  target: Float32Array,
): void {
  target.set(input)
  const top = Math.floor(index / cols) * stride
  const left = (index % cols) * stride
  const channels = 3
  for (let y = top; y < top + patch; y++) {
    const start = (y * width + left) * channels
    target.set(filling.subarray(start, start + patch * channels), start)
  }
}
