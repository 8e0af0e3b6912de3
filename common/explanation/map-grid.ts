import type { Fit } from '../image/geometry.ts'
import type { GridMap, NativeMap } from './native-map.ts'

/** Cells that lie evenly over the part of the photo that `inputWindow` gives for them. */
export interface MapGrid {
  readonly width: number
  readonly height: number
  readonly fit: Fit
}

/** The steps after which a map has the size that is asked for. */
const resampling: ReadonlySet<GridMap['steps'][number]['op']> = new Set(['zoom-cubic', 'bilinear', 'patch-centres'])

/**
 * The grid that a map is scored on: the classifier's input, or the map's own cells where none of its steps resamples it,
 * as of maps that were made elsewhere.
 * @param input of the classifier
 */
export function mapGrid(native: NativeMap, input: MapGrid): MapGrid {
  const { fit } = input
  if (native.kind !== 'grid') return { width: native.width, height: native.height, fit }
  if (!native.steps.some(({ op }) => resampling.has(op))) return { width: native.cols, height: native.rows, fit }
  return { width: input.width, height: input.height, fit }
}
