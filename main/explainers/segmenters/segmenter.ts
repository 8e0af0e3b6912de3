import type { z } from 'zod'
import { AppError } from '#common/contract/errors.ts'

/** A photo in segments. */
export interface Segmentation {
  /** segment of every pixel, row-major, numbered from 0 without gaps */
  readonly labels: Uint16Array
  readonly nSegments: number
}

/** A photo to be segmented: RGB bytes, [height, width, 3]. */
export interface SegmenterPhoto {
  readonly data: Uint8Array
  readonly width: number
  readonly height: number
}

/** A way to divide a photo into segments. */
export interface Segmenter<Options extends z.ZodRawShape> {
  /** each with a default and a description */
  readonly options: Options
  segment(photo: SegmenterPhoto, options: z.output<z.ZodObject<Options>>): Segmentation
}

/**
 * Numbers segments 0, 1, … in the order of their ids.
 * @param ids one a pixel, each from 0 to the number of pixels
 * @throws AppError 'explainer.options' for more segments than labels can tell apart
 */
export function numberSegments(ids: Int32Array): Segmentation {
  const numbers = new Int32Array(ids.length + 1)
  for (let i = 0; i < ids.length; i++) numbers[ids[i]!] = 1 // by index: an iterator takes longer than all the rest
  let nSegments = 0
  for (let id = 0; id < numbers.length; id++) if (numbers[id] === 1) numbers[id] = nSegments++
  if (nSegments > 65536) {
    throw new AppError('explainer.options', `the photo falls into ${nSegments} segments, the most is 65536`, {
      hint: 'Choose larger segments.',
    })
  }
  const labels = new Uint16Array(ids.length)
  for (let i = 0; i < ids.length; i++) labels[i] = numbers[ids[i]!]!
  return { labels, nSegments }
}
