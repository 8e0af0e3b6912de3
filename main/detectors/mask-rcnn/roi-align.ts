import { AppError } from '#common/contract/errors.ts'
import { roundEven } from '#common/image/round-even.ts'
import type { PixelSize } from '#common/image/geometry.ts'

/** One level of features, row-major, channels last: [height, width, channels]. */
export interface FeatureMap extends PixelSize {
  readonly data: Float32Array
  readonly channels: number
}

/**
 * Samples boxes of a map bilinearly at a grid whose corners are the boxes' corners, as TensorFlow's `crop_and_resize`
 * (which is not the RoIAlign of other programs: one sample a cell, and none of its half-pixel shifts).
 * @param boxes [n, 4], normalised; one that is flipped gives a flipped crop
 * @param crop size of the grid; along a side of 1 the sample is at the box's middle
 * @returns [n, crop.height, crop.width, channels]; 0 where a sample lies outside the map or a box is NaN
 * @see TensorFlow 2.15, core/kernels/image/crop_and_resize_op.cc
 */
export function cropAndResize(map: FeatureMap, boxes: Float32Array, crop: PixelSize): Float32Array {
  const cropLength = crop.height * crop.width * map.channels
  const crops = new Float32Array((boxes.length / 4) * cropLength)
  for (let i = 0; i < boxes.length / 4; i++) {
    const data = crops.subarray(i * cropLength, (i + 1) * cropLength)
    writeCrop(map, boxes.subarray(i * 4, i * 4 + 4), { ...crop, data })
  }
  return crops
}

/**
 * Samples each region at the level of the pyramid that fits its size: one of 224 × 224 pixels at P4, half as large P3.
 * @param maps P2, P3, P4, P5, of the same number of channels
 * @param rois [n, 4], normalised
 * @param poolSize side of the grid
 * @param side of the network's square input, pixels
 * @returns [n, poolSize, poolSize, channels], in the order of the regions
 * @throws AppError 'shape.mismatch' where there are not four levels of the same channels
 * @see Lin et al., Feature Pyramid Networks, CVPR 2017, eq. 1; Matterport `PyramidROIAlign`
 */
export function pyramidRoiAlign(
  maps: readonly FeatureMap[],
  rois: Float32Array,
  poolSize: number,
  side: number,
): Float32Array {
  const channels = maps[0]?.channels ?? 0
  if (maps.length !== 4 || maps.some((map) => map.channels !== channels)) {
    throw new AppError('shape.mismatch', `Regions are sampled from four levels of ${channels} channels.`, {
      data: { channels: maps.map((map) => map.channels) },
    })
  }
  const cropLength = poolSize * poolSize * channels
  const pooled = new Float32Array((rois.length / 4) * cropLength)
  for (let i = 0; i < rois.length / 4; i++) {
    const roi = rois.subarray(i * 4, i * 4 + 4)
    const data = pooled.subarray(i * cropLength, (i + 1) * cropLength)
    writeCrop(maps[levelOf(roi, side) - 2]!, roi, { height: poolSize, width: poolSize, data })
  }
  return pooled
}

/** 2…5; a region without area, or NaN, belongs to the finest level. */
function levelOf(roi: Float32Array, side: number): number {
  const height = Math.fround(roi[2]! - roi[0]!)
  const width = Math.fround(roi[3]! - roi[1]!)
  const level = 4 + roundEven(Math.log2(Math.sqrt(height * width) / (224 / side)))
  return level > 2 ? Math.min(level, 5) : 2
}

interface Crop extends PixelSize {
  /** [height, width, channels] */
  readonly data: Float32Array
}

/** Writes the crop of a box to where zeros are. */
function writeCrop({ data, channels, ...map }: FeatureMap, box: Float32Array, crop: Crop): void {
  const rows = samplesAlong([box[0]!, box[2]!], map.height, crop.height)
  const columns = samplesAlong([box[1]!, box[3]!], map.width, crop.width)
  const out = crop.data
  let to = 0
  for (let y = 0; y < crop.height; y++) {
    const top = rows.lower[y]! * map.width
    const bottom = rows.upper[y]! * map.width
    const down = rows.fraction[y]!
    for (let x = 0; x < crop.width; x++, to += channels) {
      const left = columns.lower[x]!
      const right = columns.upper[x]!
      if (top < 0 || left < 0) continue
      const along = columns.fraction[x]!
      const weightA = (1 - down) * (1 - along)
      const weightB = (1 - down) * along
      const weightC = down * (1 - along)
      const weightD = down * along
      const a = (top + left) * channels
      const b = (top + right) * channels
      const c = (bottom + left) * channels
      const d = (bottom + right) * channels
      for (let k = 0; k < channels; k++) {
        out[to + k] = data[a + k]! * weightA + data[b + k]! * weightB + data[c + k]! * weightC + data[d + k]! * weightD
      }
    }
  }
}

/** Where the samples along one axis lie: between two cells, nearer to the upper one as the fraction grows. */
interface Samples {
  /** −1 where the sample is outside. */
  readonly lower: Int32Array
  readonly upper: Int32Array
  readonly fraction: Float64Array
}

/** In float32 step by step, because the last bit decides whether the sample on the map's edge is outside. */
function samplesAlong([from, to]: readonly [from: number, to: number], length: number, n: number): Samples {
  const end = length - 1
  const step = n > 1 ? Math.fround(Math.fround(Math.fround(to - from) * end) / (n - 1)) : 0
  const first = n > 1 ? Math.fround(from * end) : Math.fround(0.5 * Math.fround(from + to) * end)
  const samples = { lower: new Int32Array(n).fill(-1), upper: new Int32Array(n), fraction: new Float64Array(n) }
  for (let i = 0; i < n; i++) {
    const at = Math.fround(first + Math.fround(i * step))
    if (!(at >= 0 && at <= end)) continue
    samples.lower[i] = Math.floor(at)
    samples.upper[i] = Math.ceil(at)
    samples.fraction[i] = at - Math.floor(at)
  }
  return samples
}
