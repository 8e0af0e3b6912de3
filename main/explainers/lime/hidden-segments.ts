import type { Preprocessing } from '#common/contract/procedures/models.ts'
import { preprocess } from '#main/tensor/preprocess.ts'
import type { Segmentation } from '../segmenters/segmenter.ts'

interface HiddenSegments extends Segmentation {
  /** RGB bytes, row-major */
  readonly photo: Uint8Array
  /** the photo as the classifier takes it */
  readonly input: Float32Array
  readonly preprocessing: Preprocessing
}

/**
 * Hides segments of a photo under their mean colour, whole bytes, rounded down, as lime does. Every colour is
 * preprocessed once, not once a sample.
 * @returns writes the photo into `target`, without the segments whose `shown` is 0
 */
export function segmentHider({ labels, nSegments, photo, input, preprocessing }: HiddenSegments) {
  const colours = preprocess(meanColours(photo, { labels, nSegments }), preprocessing)
  const covered = new Float32Array(input.length)
  for (let i = 0; i < labels.length; i++) {
    for (let c = 0; c < 3; c++) covered[3 * i + c] = colours[3 * labels[i]! + c]!
  }
  const runs = runsOf(labels)
  return (shown: Uint8Array, target: Float32Array): void => {
    target.set(input)
    for (let i = 0; i < runs.length; i += 3) {
      if (shown[runs[i]!] === 1) continue
      const end = runs[i + 2]!
      for (let at = runs[i + 1]!; at < end; at++) target[at] = covered[at]!
    }
  }
}

/** [nSegments, 3] bytes. */
function meanColours(photo: Uint8Array, { labels, nSegments }: Segmentation): Uint8Array {
  const sums = new Float64Array(3 * nSegments)
  const counts = new Float64Array(nSegments)
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!
    counts[label]!++
    for (let c = 0; c < 3; c++) sums[3 * label + c]! += photo[3 * i + c]!
  }
  return Uint8Array.from(sums, (sum, i) => Math.floor(sum / counts[Math.floor(i / 3)]!))
}

/** Label, start and end of each run of one label, in values of the input. */
function runsOf(labels: Uint16Array): Int32Array {
  const runs: number[] = []
  for (let start = 0, end = 1; end <= labels.length; end++) {
    if (end < labels.length && labels[end] === labels[start]) continue
    runs.push(labels[start]!, 3 * start, 3 * end)
    start = end
  }
  return Int32Array.from(runs)
}
