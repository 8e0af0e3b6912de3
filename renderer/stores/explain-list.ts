import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import type { ImageRow } from '#common/contract/procedures/reviewing.ts'
import { useExplain } from './explain.ts'
import { useImages } from './images.ts'
import { useScoreLines, type Distribution } from './score-lines.ts'
import { useSettings } from './settings.ts'

/** Order of the list; `doubtful`: only right answers with a low normalised score, the lowest first. */
export type ListOrder = 'lowest' | 'project' | 'doubtful'

/** The images that Explain leads through, by the scores of the selected cell. */
export const useExplainList = defineStore('explain-list', () => {
  const explain = useExplain()
  const images = useImages()
  const lines = useScoreLines()
  const settings = useSettings()

  const order = ref<ListOrder>('lowest')

  const line = computed(() => (explain.selected === null ? null : lines.lineOf(explain.selected)))
  /** of the selected cell; null: not scored, or on its way */
  const distribution = computed(() => (line.value === null ? null : lines.distributionOf(line.value)))
  const placeOf = computed(() => {
    const ids = distribution.value?.images ?? new Float64Array()
    return new Map(Array.from(ids, (id, i) => [id, i]))
  })
  const doubtful = computed(() => {
    const scores = distribution.value
    return scores === null ? [] : doubtfulPlaces(scores, settings.settings.doubtfulBelow)
  })
  const rows = computed<readonly ImageRow[]>(() => {
    const scores = distribution.value
    if (scores === null) return order.value === 'doubtful' ? [] : images.rows
    if (order.value === 'project') return images.rows
    const places = order.value === 'doubtful' ? doubtful.value : byScore(scores.obalex)
    const scored = Array.from(places, (place) => images.row(scores.images[place]!)).filter((row) => row !== undefined)
    if (order.value === 'doubtful') return scored
    return [...scored, ...images.rows.filter(({ id }) => !placeOf.value.has(id))]
  })

  /** Score of an image in the selected cell; null where there is none. */
  function scoreOf(id: number): number | null {
    const place = placeOf.value.get(id)
    const score = place === undefined ? NaN : distribution.value!.obalex[place]!
    return Number.isNaN(score) ? null : score
  }

  /** Goes to the next image of the list, or the one before; from an image that is not in it, to its first. */
  function move(step: 1 | -1): void {
    const at = rows.value.findIndex(({ id }) => id === explain.imageId)
    const next = rows.value[at < 0 ? 0 : at + step]
    if (next !== undefined) explain.open(next.id)
  }

  /** The neighbours of the image on screen, the next one first. */
  function neighbours(): readonly ImageRow[] {
    const at = rows.value.findIndex(({ id }) => id === explain.imageId)
    return [rows.value[at + 1], rows.value[at - 1]].filter((row) => row !== undefined)
  }

  return { order, line, distribution, doubtful, rows, scoreOf, move, neighbours }
})

/** Places by their scores, the lowest first; those without one come last. */
function byScore(scores: Float64Array): Uint32Array {
  const order = Uint32Array.from(scores, (_, i) => i)
  const keys = scores.map((score) => (Number.isNaN(score) ? Infinity : score))
  return order.sort((a, b) => (keys[a]! < keys[b]! ? -1 : keys[a]! > keys[b]! ? 1 : a - b))
}

/** Places of right answers with a normalised score below a threshold, the lowest first. */
function doubtfulPlaces(
  { normalized, isCorrect }: Pick<Distribution, 'normalized' | 'isCorrect'>,
  below: number,
): readonly number[] {
  const found: number[] = []
  normalized.forEach((score, i) => isCorrect[i] === 1 && score < below && found.push(i))
  return found.sort((a, b) => normalized[a]! - normalized[b]! || a - b)
}
