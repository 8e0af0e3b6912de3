import type { StoredMap } from '#common/contract/procedures/reviewing.ts'
import type { DenseMap } from '#common/explanation/map.ts'
import { mapBlocks } from '#common/explanation/map-blocks.ts'
import { decodeNative, type MapNote, type NativeMap } from '#common/explanation/native-map.ts'
import { renderMap } from '#common/explanation/render-map.ts'
import { inputWindow } from '#common/image/geometry.ts'
import type { GridSize, PixelRectangle } from '#common/mask/rectangle.ts'
import { maximumOf } from '../layers/coloured-map.ts'
import type { Point } from '../viewport.ts'

/** What a map is drawn as: the numbers that were measured, or what is scored, which is interpolated between them. */
export type MapDetail = 'native' | 'smooth'

/** A map with what drawing and reading it needs, computed once. */
export interface CellMap {
  readonly native: NativeMap
  /** what is scored, on the classifier's input grid */
  readonly dense: DenseMap
  /** as blocks or segments, where the method measures such; null: it is smooth by nature */
  readonly blocks: DenseMap | null
  /** the part of the photo that the grid divides */
  readonly window: PixelRectangle
  /** of the dense map */
  readonly max: number
  readonly total: number
  readonly note: MapNote | null
}

/** What a map has at a place. */
export interface MapReading {
  /** on the scale of the scored map */
  readonly value: number
  /** how many times what an even map with as much evidence has there; null: there is no evidence */
  readonly density: number | null
  /** of a map over segments: which one, from 0, and its weight */
  readonly segment: { readonly index: number; readonly weight: number } | null
}

type Drawable = Pick<StoredMap, 'method' | 'header' | 'values' | 'grid'>

/** Methods whose grids hold one measurement a cell; those of others are coarse pictures, and drawn smooth. */
const measuredByBlock: ReadonlySet<string> = new Set(['occlusion'])

const known = new WeakMap<Drawable, CellMap>()

/** @throws AppError 'map.format', 'map.not-finite', 'shape.mismatch' for a map that is broken */
export function cellMapOf(photo: GridSize, map: Drawable): CellMap {
  const before = known.get(map)
  if (before !== undefined) return before
  const native = decodeNative(map)
  const { width, height, fit } = map.grid
  const size = { width, height }
  const dense = renderMap(native, size)
  let total = 0
  for (const value of dense.data) total += value
  const made: CellMap = {
    native,
    dense,
    blocks: native.kind === 'segments' ? dense : measuredByBlock.has(map.method) ? mapBlocks(native, size) : null,
    window: inputWindow(photo, map.grid, fit),
    max: maximumOf(dense.data),
    total,
    note: native.note ?? null,
  }
  known.set(map, made)
  return made
}

/**
 * What a map has at a place of the photo (pixels), as it is drawn there; null: the classifier did not see it.
 * @param detail `native`: of a map that is drawn as blocks, the block's number
 */
export function readMap(
  { native, dense, blocks, window, total }: CellMap,
  at: Point,
  detail: MapDetail,
): MapReading | null {
  const x = Math.floor(((at.x - window.x) * dense.width) / window.width)
  const y = Math.floor(((at.y - window.y) * dense.height) / window.height)
  if (x < 0 || y < 0 || x >= dense.width || y >= dense.height) return null
  const drawn = (detail === 'native' ? blocks : null) ?? dense
  const value = drawn.data[y * dense.width + x]!
  const density = total > 0 ? (value * dense.data.length) / total : null
  if (native.kind === 'grid') return { value, density, segment: null }
  const index = native.labels[y * dense.width + x]!
  return { value, density, segment: { index, weight: native.values[index]! } }
}
