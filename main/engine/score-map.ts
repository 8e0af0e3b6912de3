import type { ScoreNumbers } from '#common/contract/procedures/scoring.ts'
import type { Variant } from '#common/contract/procedures/common.ts'
import { mapGrid, type MapGrid } from '#common/explanation/map-grid.ts'
import { decodeNative, type EncodedNativeMap } from '#common/explanation/native-map.ts'
import { renderMap } from '#common/explanation/render-map.ts'
import { inputWindow, type PixelSize } from '#common/image/geometry.ts'
import type { Rle } from '#common/mask/rle.ts'
import type { MaskGrid } from '#common/mask/coverage.ts'
import { maskOnGrid, scoreMap } from '#common/score/score-map.ts'

/** The object mask of a photo on a map's grid; all 0 where no instance counts (null). */
function objectOnGrid(
  rle: Rle | null,
  { photo, grid, variant }: { readonly photo: PixelSize; readonly grid: MapGrid; readonly variant: Variant },
): MaskGrid {
  const { width, height, fit } = grid
  if (rle === null) return { width, height, data: new Float32Array(width * height) }
  return maskOnGrid(rle, grid, { variant, window: inputWindow(photo, grid, fit) })
}

/** What a map as it is kept is scored with. */
export interface ScoringParts {
  /** the object mask on a map's grid, see `maskOnGrids` */
  readonly maskOn: (grid: MapGrid) => MaskGrid
  /** of the classifier */
  readonly input: MapGrid
  readonly variant: Variant
}

/** As `scoreMap`, of a map as it is kept. */
export function scoreNative(encoded: EncodedNativeMap, { maskOn, input, variant }: ScoringParts): ScoreNumbers {
  const native = decodeNative(encoded)
  const grid = mapGrid(native, input)
  return scoreMap(maskOn(grid), renderMap(native, grid), variant)
}

/** An object mask on the grids that are asked for, each made once: maps of one classifier share theirs. */
export function maskOnGrids(
  rle: () => Rle | null,
  { photo, variant }: { readonly photo: PixelSize; readonly variant: Variant },
): (grid: MapGrid) => MaskGrid {
  const masks = new Map<string, MaskGrid>()
  return (grid) => {
    const key = `${grid.width} ${grid.height} ${JSON.stringify(grid.fit)}`
    const mask = masks.get(key) ?? objectOnGrid(rle(), { photo, grid, variant })
    masks.set(key, mask)
    return mask
  }
}
