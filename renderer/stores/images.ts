import { defineStore } from 'pinia'
import { computed, reactive, ref, shallowRef, watch } from 'vue'
import type { ImageRow } from '#common/contract/procedures/reviewing.ts'
import type { ScoreAverage } from '#common/contract/procedures/running.ts'
import { text } from '../messages/i18n.ts'
import { useConnection } from './connection.ts'
import {
  filterImages,
  noFilter,
  projectOrder,
  scoreColumns,
  sortImages,
  type ImageFilter,
  type ImageSort,
} from './image-rows.ts'
import { useProject } from './project.ts'
import { useToasts } from './toasts.ts'

/** the first page is on screen early; the rest follows in large ones */
const firstPage = 200
const furtherPages = 2000

/** All images of the open project, and what of them Images shows. */
export const useImages = defineStore('images', () => {
  const connection = useConnection()
  const project = useProject()
  const toasts = useToasts()

  const rows = shallowRef<readonly ImageRow[]>([])
  /** as they were read: what `patch` never changes is not looked for again after it */
  const read = shallowRef<readonly ImageRow[]>([])
  const total = ref(0)
  const isLoading = ref(false)
  const averages = shallowRef<readonly ScoreAverage[]>([])
  // replaced as a whole; a proxy would be asked for each image
  const filter = shallowRef<ImageFilter>(noFilter)
  const sort = shallowRef<ImageSort>(projectOrder)
  const selectedId = ref<number | null>(null)

  const columns = computed(() => scoreColumns(read.value))
  const filtered = computed(() => filterImages(rows.value, filter.value))
  const visible = computed(() => sortImages(filtered.value, sort.value, columns.value))
  const labels = computed(() => [...new Set(read.value.map(({ label }) => label))].filter((label) => label !== null))
  const models = computed(() => [...new Set(columns.value.map(({ model }) => model))])
  const isFiltered = computed(() => JSON.stringify(filter.value) !== JSON.stringify(noFilter))
  const indexById = computed(() => new Map(read.value.map(({ id }, i) => [id, i])))
  const nReviewed = computed(() => rows.value.reduce((n, { verdict }) => n + (verdict === null ? 0 : 1), 0))

  /** how often masks were saved that this page knows of, by image; and how often it asked for all */
  const nSaved = reactive(new Map<number, number>())
  const nLoads = ref(0)

  let loading = 0

  /** Loads the images again, page by page; an older loading that is still under way gives up. */
  async function load(): Promise<void> {
    const mine = ++loading
    const handle = project.handle
    if (handle === null) return
    isLoading.value = true
    nLoads.value++
    try {
      const loaded: ImageRow[] = []
      for (let after: number | null = null, limit = firstPage; ; limit = furtherPages) {
        const page = await connection.client['images.list']({ project: handle, after, limit })
        if (mine !== loading) return
        loaded.push(...page.images)
        total.value = page.total
        // while it is loaded again what was there stays in sight
        if (page.next === null || rows.value.length <= loaded.length) rows.value = read.value = [...loaded]
        if (page.next === null) break
        after = page.next
      }
      // it may have gone with an import that was undone
      if (selectedId.value !== null && !indexById.value.has(selectedId.value)) selectedId.value = null
      averages.value = (await connection.client['scores.average']({ project: handle })).rows
    } catch (error) {
      if (mine === loading) toasts.addError(text('images.notLoaded'), error)
    } finally {
      if (mine === loading) isLoading.value = false
    }
  }

  async function loadAverages(): Promise<void> {
    const handle = project.requireHandle()
    averages.value = (await connection.client['scores.average']({ project: handle })).rows
  }

  /** Reads an image again, where its scores may be others. */
  async function reload(id: number): Promise<void> {
    const page = await connection.client['images.list']({ project: project.requireHandle(), after: id - 1, limit: 1 })
    const fresh = page.images[0]
    if (fresh?.id !== id) return
    const replaced = (list: readonly ImageRow[]): ImageRow[] => list.map((row) => (row.id === id ? fresh : row))
    rows.value = replaced(rows.value)
    read.value = replaced(read.value)
  }

  function row(id: number): ImageRow | undefined {
    const index = indexById.value.get(id)
    return index === undefined ? undefined : rows.value[index]
  }

  /** Shows a change of an image at once, before the engine is asked again. */
  function patch(id: number, change: Partial<Omit<ImageRow, 'id' | 'label' | 'results'>>): void {
    const index = indexById.value.get(id)
    if (index === undefined) return
    const next = [...rows.value]
    next[index] = { ...next[index]!, ...change }
    rows.value = next
    if (change.isCorrected !== undefined) nSaved.set(id, (nSaved.get(id) ?? 0) + 1)
  }

  function setFilter(change: Partial<ImageFilter>): void {
    filter.value = { ...filter.value, ...change }
  }

  function clearFilter(): void {
    filter.value = noFilter
  }

  /** Address of a small picture of a photo. */
  function thumbnail(id: number, side: number): string {
    const { pictures } = connection
    return pictures === null || project.handle === null ? '' : pictures.thumbnailUrl(project.handle, id, side)
  }

  /** Address of the outline of an image's saved masks, to be laid over its thumbnail. */
  function outline(id: number, side: number): string {
    const { pictures } = connection
    if (pictures === null || project.handle === null) return ''
    return pictures.outlineUrl(project.handle, id, side, nLoads.value + (nSaved.get(id) ?? 0))
  }

  watch(
    () => project.path,
    () => {
      rows.value = read.value = []
      total.value = 0
      averages.value = []
      filter.value = noFilter
      sort.value = projectOrder
      selectedId.value = null
    },
  )
  watch(
    () => project.handle,
    () => void load(),
    { immediate: true },
  )

  return {
    rows,
    total,
    isLoading,
    averages,
    filter,
    sort,
    selectedId,
    columns,
    visible,
    labels,
    models,
    isFiltered,
    indexById,
    nReviewed,
    load,
    loadAverages,
    reload,
    row,
    patch,
    setFilter,
    clearFilter,
    thumbnail,
    outline,
  }
})
