import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import type { ImageRow } from '#common/contract/procedures/reviewing.ts'
import { filterImages, noFilter, type ImageFilter } from './image-rows.ts'
import { useImages } from './images.ts'
import { useProject } from './project.ts'

/** Which images of the queue are shown. */
export type QueueScope = 'all' | 'todo' | 'flagged'

/** What Review's queue shows of the project's images. */
export const useReviewQueue = defineStore('review-queue', () => {
  const images = useImages()
  const project = useProject()

  const scope = ref<QueueScope>('all')
  // shallow: it is compared with `noFilter` itself, and read for each image
  const filter = shallowRef<ImageFilter>(noFilter)

  /** what the filters let through, also what is done already */
  const filtered = computed(() =>
    filter.value === noFilter ? images.rows : filterImages(images.rows, filter.value, images.columns),
  )
  const nFilters = computed(() => {
    const { label, verdict, reason, auditor, score, isCorrectedOnly } = filter.value
    return [label, verdict, reason, auditor, score].filter((each) => each !== null).length + (isCorrectedOnly ? 1 : 0)
  })
  const auditors = computed(() => {
    const names = new Set(images.rows.flatMap(({ auditor }) => auditor ?? []))
    return [...names].sort()
  })

  /** The images in the queue; the one on screen stays in sight until another one is opened. */
  function rows(onScreen: number | null): readonly ImageRow[] {
    if (scope.value === 'all') return filtered.value
    const isIn = (row: ImageRow): boolean => (scope.value === 'todo' ? row.verdict === null : row.isFlagged)
    return filtered.value.filter((row) => row.id === onScreen || isIn(row))
  }

  /**
   * The next rows beyond an image, the nearest first; also where it is not one of them itself.
   * @param among in the project's order
   */
  function beside(
    id: number | null,
    step: 1 | -1,
    { count, among = rows(id) }: { readonly count: number; readonly among?: readonly ImageRow[] },
  ): readonly ImageRow[] {
    const placeOf = (image: number): number => images.indexById.get(image) ?? -1
    const place = id === null ? -1 : placeOf(id)
    if (step === 1) {
      const first = firstFrom(among, (row) => placeOf(row.id) > place)
      return among.slice(first, first + count)
    }
    const end = firstFrom(among, (row) => placeOf(row.id) >= place)
    return among.slice(Math.max(end - count, 0), end).reverse()
  }

  /** The next image beyond one (or the one before) without a verdict, around the end. */
  function toDoBeside(id: number | null, step: 1 | -1): ImageRow | undefined {
    const among = filtered.value.filter((row) => row.verdict === null && row.id !== id)
    return beside(id, step, { count: 1, among })[0] ?? (step === 1 ? among[0] : among.at(-1))
  }

  function change(next: Partial<ImageFilter>): void {
    const changed = { ...filter.value, ...next }
    filter.value = JSON.stringify(changed) === JSON.stringify(noFilter) ? noFilter : changed
  }

  function clear(): void {
    filter.value = noFilter
    scope.value = 'all'
  }

  watch(() => project.path, clear)

  return { scope, filter, filtered, nFilters, auditors, rows, beside, toDoBeside, change, clear }
})

/** Place of the first row for which a condition holds that holds for all after it, too; the rows' number where there is none. */
function firstFrom(rows: readonly ImageRow[], holds: (row: ImageRow) => boolean): number {
  let [low, high] = [0, rows.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (holds(rows[middle]!)) high = middle
    else low = middle + 1
  }
  return low
}
