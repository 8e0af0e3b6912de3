import type { OccludedInput, PatchGrid } from '../../runtime.ts'
import type { Gathering } from './clean-windows.ts'
import type { Placement } from './compile-incremental.ts'
import type { Area } from './span.ts'

/** Patch columns that are computed together, the last one excluded. */
export interface Columns {
  readonly from: number
  readonly to: number
}

export interface PatchRow {
  readonly grid: PatchGrid
  /** of the photo */
  readonly area: Area
  readonly row: number
  readonly columns: Columns
}

/** Filling minus photo under the patches of a row, zeros beside them, [patches, channels, height, width]. */
export function changedPixels(
  { input, filling, width }: OccludedInput,
  { grid: { patch, stride }, area: { rows, cols }, row, columns: { from, to } }: PatchRow,
): { data: Float32Array; shape: readonly number[] } {
  const shape = [to - from, 3, rows.sizes[row]!, cols.sizes[0]!] as const
  const [, channels, h, w] = shape
  const data = new Float32Array((to - from) * channels * h * w)
  const top = row * stride
  for (let column = from; column < to; column++) {
    const left = column * stride
    for (let c = 0; c < channels; c++) {
      for (let y = top; y < top + patch; y++) {
        const line = (((column - from) * channels + c) * h + y - rows.starts[row]!) * w - cols.starts[column]!
        for (let x = left; x < left + patch; x++) {
          const pixel = (y * width + x) * channels + c
          data[line + x] = filling[pixel]! - input[pixel]!
        }
      }
    }
  }
  return { data, shape }
}

/** [patches, map, window]: one where a column of the map is taken into a window. */
export function gatheringMatrix({ cols, left, width, right }: Gathering, { from, to }: Columns): Float32Array {
  const [size, extent] = [cols.sizes[0]!, left + width + right]
  const data = new Float32Array((to - from) * extent * size)
  for (let i = from; i < to; i++) {
    const start = (i - from) * extent + cols.starts[i]! + left
    for (let x = 0; x < size; x++) data[(start + x) * size + x] = 1
  }
  return data
}

/** [patches, window, map]: one where a column of a window stands in the map; none for columns past the map's ends. */
export function placementMatrix({ cols, width }: Placement, { from, to }: Columns): Float32Array {
  const size = cols.sizes[0]!
  const data = new Float32Array((to - from) * size * width)
  for (let i = from; i < to; i++) {
    for (let x = 0; x < size; x++) {
      const at = cols.starts[i]! + x
      if (at >= 0 && at < width) data[((i - from) * size + x) * width + at] = 1
    }
  }
  return data
}
