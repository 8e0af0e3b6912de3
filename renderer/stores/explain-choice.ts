import type { Variant } from '#common/contract/procedures/common.ts'
import type { ExplainedMap } from '#common/contract/procedures/explaining.ts'
import type { ReviewedImage, StoredMap } from '#common/contract/procedures/reviewing.ts'
import type { ScoreNumbers } from '#common/contract/procedures/scoring.ts'
import type { MaskGrid } from '#common/mask/coverage.ts'
import { maskOnGrid, scoreMap } from '#common/score/score-map.ts'
import type { CellMap } from '../canvas/explain/cell-map.ts'
import { objectMask } from '../canvas/explain/object-outline.ts'
import type { Target } from './explain.ts'
import type { CellPlace } from './score-lines.ts'

/** A map as cells show it: of the project, or computed here and kept nowhere. */
export type ShownMap = StoredMap | ExplainedMap

/** Which scores a map explains; `classIndex` null: the predicted class, which nobody knows yet. */
interface WantedClass {
  readonly classIndex: number | null
  readonly against: number | null
}

/** A cell as text. */
export function keyOfPlace({ model, method }: CellPlace): string {
  return JSON.stringify([model, method])
}

/**
 * The class of a model that a target means.
 * @param indexOf number of a class of the model by its name; null: it has none
 * @returns null: the model has no such class
 */
export function explainedClass(
  target: Target,
  prediction: { readonly classIndex: number } | null,
  indexOf: (name: string) => number | null,
): WantedClass | null {
  if (target.kind === 'predicted') return { classIndex: prediction?.classIndex ?? null, against: null }
  const classIndex = indexOf(target.name)
  if (classIndex === null) return null
  if (target.kind === 'class') return { classIndex, against: null }
  const against = indexOf(target.against)
  return against === null ? null : { classIndex, against }
}

interface Wish {
  readonly place: CellPlace
  readonly variant: Variant
  readonly maskRule: Variant
  readonly classIndex: number | null
  /** those of the averages; null: whichever there are */
  readonly options: StoredMap['options'] | null
}

/** The map that a cell shows: the newest with the options of the averages, else the newest; with the score of the rule. */
export function chooseMap(maps: readonly StoredMap[], wish: Wish): StoredMap | null {
  const { place, variant, maskRule, classIndex, options } = wish
  const fitting = maps.filter(
    (map) =>
      map.modelId === place.model &&
      map.method === place.method &&
      map.variant === variant &&
      (classIndex === null || map.classIndex === classIndex),
  )
  const usual = fitting.filter((map) => options !== null && sameOptions(map.options, options))
  const newestFirst = [...(usual.length > 0 ? usual : fitting)].sort((a, b) => b.id - a.id)
  const ofNewest = newestFirst.filter(({ id }) => id === newestFirst[0]!.id)
  return ofNewest.find(({ maskVariant }) => maskVariant === maskRule) ?? ofNewest[0] ?? null
}

function sameOptions(a: StoredMap['options'], b: StoredMap['options']): boolean {
  const sorted = (options: StoredMap['options']): string =>
    JSON.stringify(Object.entries(options).sort(([x], [y]) => (x < y ? -1 : 1)))
  return sorted(a) === sorted(b)
}

const knownScores = new WeakMap<CellMap, Map<Variant, ScoreNumbers>>()
const knownMasks = new WeakMap<ReviewedImage, Map<string, MaskGrid>>()

/** A map's score by a mask rule: the stored one, else computed as it would be stored. */
export function scoreUnder(rule: Variant, image: ReviewedImage, map: ShownMap, drawn: CellMap): ScoreNumbers {
  if (map.maskVariant === rule && map.score !== null) return map.score
  const known = knownScores.get(drawn) ?? new Map<Variant, ScoreNumbers>()
  knownScores.set(drawn, known)
  const score = known.get(rule) ?? scoreMap(maskFor(rule, image, drawn), drawn.dense, rule)
  known.set(rule, score)
  return score
}

/** The object mask on the grid of a map. */
export function maskFor(rule: Variant, image: ReviewedImage, { dense: { width, height }, window }: CellMap): MaskGrid {
  const known = knownMasks.get(image) ?? new Map<string, MaskGrid>()
  knownMasks.set(image, known)
  const key = JSON.stringify([rule, width, height, window])
  const mask = objectMask(image.instances, image)
  const empty = (): MaskGrid => ({ width, height, data: new Float32Array(width * height) })
  const onGrid =
    known.get(key) ?? (mask === null ? empty() : maskOnGrid(mask, { width, height }, { variant: rule, window }))
  known.set(key, onGrid)
  return onGrid
}
