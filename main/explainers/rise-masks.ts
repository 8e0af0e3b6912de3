import { linearAxis, type LinearAxis } from '#common/explanation/linear-axis.ts'
import { randomState } from './random/mt19937.ts'

interface MaskShape {
  /** of the photo, pixels */
  readonly width: number
  readonly height: number
  /** of a mask along each side */
  readonly cells: number
}

/** Random masks of RISE, before they are enlarged. */
export interface RiseMasks extends MaskShape {
  /** for each mask how far it is moved up and to the left, pixels of the photo, less than a cell */
  readonly shifts: Uint16Array
  /** cells of a mask, row by row: 1 visible, 0 hidden */
  grid(index: number): Uint8Array
}

/**
 * Draws the masks: each cell is visible with probability `keep`, each mask shifted by less than a cell.
 * @param options.samples how many
 * @see Petsiuk, Das, Saenko, BMVC 2018, section 3.2
 */
export function drawMasks(
  options: MaskShape & { readonly samples: number; readonly keep: number; readonly seed: number },
): RiseMasks {
  const { width, height, cells, samples, keep, seed } = options
  const random = randomState(seed)
  const bits = Uint8Array.from({ length: samples * cells ** 2 }, () => (random.uniform() < keep ? 1 : 0))
  const [cellHeight, cellWidth] = [Math.ceil(height / cells), Math.ceil(width / cells)]
  const shifts = Uint16Array.from({ length: samples * 2 }, (_, i) => random.below(i % 2 === 0 ? cellHeight : cellWidth))
  return { width, height, cells, shifts, grid: (index) => bits.subarray(index * cells ** 2, (index + 1) * cells ** 2) }
}

/**
 * Where the rows and columns of a grid over the whole photo lie in a mask's own cells: the mask is enlarged bilinearly to
 * one cell more than the photo has, half-pixel centres, edges repeated, and the photo's part cut out at the shift.
 */
export function maskAxes(
  { width, height, cells, shifts }: RiseMasks,
  index: number,
  size: { readonly rows: number; readonly cols: number },
): { readonly rows: LinearAxis; readonly columns: LinearAxis } {
  const axis = (photo: number, n: number, shift: number): LinearAxis => {
    const enlarged = (cells + 1) * Math.ceil(photo / cells)
    return linearAxis(cells, n, (i) => (((i + 0.5) * (photo / n) + shift) * cells) / enlarged - 0.5)
  }
  return {
    rows: axis(height, size.rows, shifts[2 * index]!),
    columns: axis(width, size.cols, shifts[2 * index + 1]!),
  }
}
