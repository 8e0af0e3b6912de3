import type { Float64Map } from './map.ts'
import type { GridMap, RenderStep } from './native-map.ts'
import { renderMap } from './render-map.ts'

type ResamplingStep = Extract<RenderStep, { op: 'zoom-cubic' | 'bilinear' | 'patch-centres' }>

interface Size {
  readonly width: number
  readonly height: number
}

/**
 * A grid map as the blocks that it was measured on, for people to look at; scores are taken on `renderMap`. All steps
 * but the resampling one are applied to the grid's own numbers; each pixel then has the number of the cell it is
 * nearest to: patches by their centres, other grids as equal parts.
 * @param size pixels of the classifier's input
 * @returns row-major float64, sharing no memory with `native`
 * @throws AppError 'map.format', 'map.not-finite' for a broken native map
 */
export function mapBlocks(native: GridMap, size: Size): Float64Map {
  const { rows, cols } = native
  const steps = native.steps.filter((step) => !isResampling(step))
  const cells = renderMap({ ...native, steps }, { width: cols, height: rows })
  const resampling = native.steps.find(isResampling)
  const across = cellOfPixel(cols, size.width, resampling, 'width')
  const down = cellOfPixel(rows, size.height, resampling, 'height')
  const data = new Float64Array(size.width * size.height)
  for (let y = 0; y < size.height; y++) {
    const row = down[y]! * cols
    for (let x = 0; x < size.width; x++) data[y * size.width + x] = cells.data[row + across[x]!]!
  }
  return { ...size, data }
}

function isResampling(step: RenderStep): step is ResamplingStep {
  return step.op === 'zoom-cubic' || step.op === 'bilinear' || step.op === 'patch-centres'
}

/** For each pixel of an axis the cell that it belongs to. */
function cellOfPixel(
  nCells: number,
  nPixels: number,
  step: ResamplingStep | undefined,
  axis: 'width' | 'height',
): Int32Array {
  const cellAt = (pixel: number): number => {
    if (step?.op !== 'patch-centres') return Math.floor(((pixel + 0.5) * nCells) / nPixels)
    const onInput = ((pixel + 0.5) * step.size[axis]) / nPixels - 0.5
    return Math.round((onInput - (step.patch - 1) / 2) / step.stride)
  }
  return Int32Array.from({ length: nPixels }, (_, pixel) => Math.min(Math.max(cellAt(pixel), 0), nCells - 1))
}
