import type { StoredMap } from '#common/contract/procedures/reviewing.ts'
import type { Float64Map } from '#common/explanation/map.ts'
import { decodeNative } from '#common/explanation/native-map.ts'
import { renderMap } from '#common/explanation/render-map.ts'
import { inputWindow } from '#common/image/geometry.ts'
import type { Bitmap } from '#common/mask/bitmap.ts'
import type { GridSize, PixelRectangle } from '#common/mask/rectangle.ts'
import { encodeRle, type Rle } from '#common/mask/rle.ts'
import { LiveScore, type LiveScoreNumbers } from '#common/score/live-score.ts'

/** A map's score with the object mask as it is now. */
export interface MapScore extends LiveScoreNumbers {
  readonly map: number
}

/** A map on the grid that its score is taken on. */
export interface GridMap {
  readonly id: number
  readonly map: Float64Map
  /** the part of the photo that the grid divides */
  readonly window: PixelRectangle
}

/** Takes the scores of the authors' mask rule, which has to look at the whole mask each time. */
export interface PaperScorer {
  score(maps: readonly GridMap[], mask: Rle): Promise<MapScore[]>
}

const knownMaps = new WeakMap<readonly StoredMap[], readonly GridMap[]>()

/**
 * The maps of an image on their grids, computed once for a reading of the image.
 * @throws AppError 'map.format', 'map.not-finite', 'shape.mismatch'
 */
export function gridMaps(photo: GridSize, maps: readonly StoredMap[]): readonly GridMap[] {
  const known = knownMaps.get(maps)
  if (known !== undefined) return known
  const onGrids = maps.map(({ id, header, values, grid }) => ({
    id,
    map: renderMap(decodeNative({ header, values }), grid),
    window: inputWindow(photo, grid, grid.fit),
  }))
  knownMaps.set(maps, onGrids)
  return onGrids
}

/** The scores of all maps of an image: at once where the mask rule is linear, after a while for the authors' rule. */
export class LiveScores {
  readonly #groups: readonly { readonly ids: readonly number[]; readonly live: LiveScore }[]
  readonly #paperMaps: readonly GridMap[]
  readonly #order: ReadonlyMap<number, number>
  readonly #scorer: PaperScorer
  #paper: readonly MapScore[] = []
  #asked = 0

  /** @param maps as `gridMaps` made them of `stored` */
  constructor(photo: GridSize, stored: readonly StoredMap[], maps: readonly GridMap[], scorer: PaperScorer) {
    const isPaper = new Set(stored.filter(({ maskVariant }) => maskVariant === 'paper').map(({ id }) => id))
    this.#paperMaps = maps.filter(({ id }) => isPaper.has(id))
    this.#order = new Map(maps.map(({ id }, i) => [id, i]))
    this.#scorer = scorer
    const groups = new Map<string, GridMap[]>()
    for (const map of maps.filter(({ id }) => !isPaper.has(id))) {
      const { x, y, width, height } = map.window
      const key = [map.map.width, map.map.height, x, y, width, height].join()
      groups.set(key, [...(groups.get(key) ?? []), map])
    }
    this.#groups = [...groups.values()].map((group) => ({
      ids: group.map(({ id }) => id),
      live: new LiveScore(
        photo,
        group[0]!.map,
        group.map(({ map }) => map),
        group[0]!.window,
      ),
    }))
  }

  get hasPaperMaps(): boolean {
    return this.#paperMaps.length > 0
  }

  reset(mask: Bitmap): void {
    for (const { live } of this.#groups) live.reset(mask)
  }

  /** See `LiveScore.changeRun`. */
  changeRun(y: number, x0: number, x1: number, isObject: boolean): void {
    for (const { live } of this.#groups) live.changeRun(y, x0, x1, isObject)
  }

  /** Those that follow every stroke at once, in no order. */
  linearScores(): MapScore[] {
    return this.#groups.flatMap(({ ids, live }) => live.scores().map((score, i) => ({ map: ids[i]!, ...score })))
  }

  /** In the order of the maps; those of the authors' rule as they were last computed, missing before the first time. */
  scores(): MapScore[] {
    const place = ({ map }: MapScore): number => this.#order.get(map)!
    return [...this.linearScores(), ...this.#paper].sort((a, b) => place(a) - place(b))
  }

  /** Computes the scores of the authors' rule; false where a later call overtook this one. */
  async updatePaper(mask: Bitmap): Promise<boolean> {
    const asked = ++this.#asked
    const scores = await this.#scorer.score(this.#paperMaps, encodeRle(mask))
    if (asked !== this.#asked) return false
    this.#paper = scores
    return true
  }
}
