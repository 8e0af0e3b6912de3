import { AppError } from '#common/contract/errors.ts'
import { roundEven } from '#common/image/round-even.ts'
import type { PixelSize } from '#common/image/geometry.ts'
import type { RgbImage } from '#common/image/rgb-image.ts'
import type { CornerBox } from './boxes.ts'
import type { MaskRcnnConfig } from './config.ts'
import { linearTaps } from './linear-taps.ts'

/** A photo in the middle of the network's square input. */
export interface PaddedPhoto {
  /** R, G, B interleaved, row-major [side, side, 3]; 0 around the photo. */
  readonly data: Uint8Array
  readonly side: number
  /** Where the photo is, pixels of the input. */
  readonly window: CornerBox
  /** Pixels of the input a pixel of the photo, before its sides were rounded. */
  readonly scale: number
}

/**
 * Brings a photo to the network's input as Matterport's `resize_image` does in mode `square`: proportions kept, black
 * around it. Bilinear without anti-aliasing, 0 outside, kept within the photo's own range of values, and cut, not
 * rounded, to whole numbers.
 * @returns the photo; where it is thinner than a pixel of the input, one pixel (the reference fails there)
 * @throws AppError 'shape.mismatch' if the photo has no pixels, or other than its size says
 * @see Matterport Mask_RCNN 3deaec5, mrcnn/utils.py
 */
export function resizeAndPad(
  photo: RgbImage,
  config: Pick<MaskRcnnConfig, 'minSide' | 'maxSide' | 'minScale'>,
): PaddedPhoto {
  const { width, height } = photo
  if (width < 1 || height < 1 || photo.data.length !== width * height * 3) {
    throw new AppError(
      'shape.mismatch',
      `A photo of ${width}×${height} pixels cannot have ${photo.data.length} values.`,
      { data: { width, height, values: photo.data.length } },
    )
  }
  const scale = scaleOf(photo, config)
  const size = {
    height: Math.max(1, roundEven(height * scale)),
    width: Math.max(1, roundEven(width * scale)),
  }
  const side = config.maxSide
  const top = Math.floor((side - size.height) / 2)
  const left = Math.floor((side - size.width) / 2)
  const data = new Uint8Array(side * side * 3)
  const start = data.subarray((top * side + left) * 3)
  if (scale === 1) copyRows(photo, { data: start, side })
  else resizeRows(photo, size, { data: start, side })
  return { data, side, window: [top, left, top + size.height, left + size.width], scale }
}

/**
 * The input that the network's first layer takes: the mean colour is subtracted.
 * @param data R, G, B interleaved
 * @returns the same order
 */
export function mold(data: Uint8Array, [red, green, blue]: MaskRcnnConfig['mean']): Float32Array {
  const molded = new Float32Array(data.length)
  for (let i = 0; i < data.length; i += 3) {
    molded[i] = data[i]! - red
    molded[i + 1] = data[i + 1]! - green
    molded[i + 2] = data[i + 2]! - blue
  }
  return molded
}

function scaleOf(
  { width, height }: PixelSize,
  { minSide, maxSide, minScale = 0 }: Pick<MaskRcnnConfig, 'minSide' | 'maxSide' | 'minScale'>,
): number {
  const scale = Math.max(1, minSide / Math.min(width, height), minScale)
  const longest = Math.max(width, height)
  return roundEven(longest * scale) > maxSide ? maxSide / longest : scale
}

/** The network's input from the photo's first pixel on. */
interface Target {
  readonly data: Uint8Array
  readonly side: number
}

function copyRows({ width, height, data }: RgbImage, out: Target): void {
  for (let y = 0; y < height; y++) out.data.set(data.subarray(y * width * 3, (y + 1) * width * 3), y * out.side * 3)
}

function resizeRows({ width, height, data }: RgbImage, size: PixelSize, { data: out, side }: Target): void {
  const rows = linearTaps(height, size.height)
  const columns = linearTaps(width, size.width)
  const { lowest, highest } = rangeOf(data)
  for (let y = 0; y < size.height; y++) {
    const top = rows.lower[y]! * width
    const bottom = rows.upper[y]! * width
    const topWeight = rows.lowerWeight[y]!
    const bottomWeight = rows.upperWeight[y]!
    let to = y * side * 3
    for (let x = 0; x < size.width; x++) {
      const left = columns.lower[x]!
      const right = columns.upper[x]!
      const leftWeight = columns.lowerWeight[x]!
      const rightWeight = columns.upperWeight[x]!
      let a = (top + left) * 3
      let b = (top + right) * 3
      let c = (bottom + left) * 3
      let d = (bottom + right) * 3
      for (let channel = 0; channel < 3; channel++) {
        // four products added as scipy does: one axis after the other ends elsewhere in the last bit, which truncation
        // shows
        const value =
          data[a++]! * topWeight * leftWeight +
          data[b++]! * topWeight * rightWeight +
          data[c++]! * bottomWeight * leftWeight +
          data[d++]! * bottomWeight * rightWeight
        out[to++] = value < lowest ? lowest : value > highest ? highest : value
      }
    }
  }
}

function rangeOf(data: Uint8Array): { lowest: number; highest: number } {
  let lowest = 255
  let highest = 0
  for (let i = 0; i < data.length && (lowest > 0 || highest < 255); i++) {
    const value = data[i]!
    if (value < lowest) lowest = value
    if (value > highest) highest = value
  }
  return { lowest, highest }
}
