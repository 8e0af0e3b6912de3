import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import type { ReviewedImage } from '#common/contract/procedures/reviewing.ts'
import { useConnection } from './connection.ts'
import { useExplainers } from './explainers.ts'
import { useImages } from './images.ts'
import { lasting } from './lasting.ts'
import { useProject } from './project.ts'
import { ReviewCache } from './review-cache.ts'
import { useScoreLines, type CellPlace } from './score-lines.ts'
import { useSettings } from './settings.ts'
import { useShell } from './shell.ts'
import { describe } from './toasts.ts'

export type ExplainLayout = 'matrix' | 'pair' | 'averages'

/** Which class is explained: the predicted one, one by its name, or how far it is above another one. */
export type Target =
  | { readonly kind: 'predicted' }
  | { readonly kind: 'class'; readonly name: string }
  | { readonly kind: 'difference'; readonly name: string; readonly against: string }

/** shown as columns where nobody chose others, as far as the program has them */
const usualMethods = ['occlusion', 'lime', 'gradcam', 'gradcam++']
/** what comes sooner is not announced: it would only flicker */
const slowAfterMs = 150

/** The image that is explained, and which cells of classifiers and methods are looked at. */
export const useExplain = defineStore('explain', () => {
  const connection = useConnection()
  const project = useProject()
  const images = useImages()
  const explainers = useExplainers()
  const lines = useScoreLines()
  const settings = useSettings()
  const shell = useShell()

  const image = shallowRef<ReviewedImage | null>(null)
  const loadError = ref<string | null>(null)
  const layout = ref<ExplainLayout>('matrix')
  const target = shallowRef<Target>({ kind: 'predicted' })
  const chosen = shallowRef<CellPlace | null>(null)
  /** the second one of a pair; null: one is shown large */
  const other = shallowRef<CellPlace | null>(null)
  /** the photo alone, while a key is held */
  const isPlain = ref(false)
  const isOutlineShown = ref(true)

  const reader = new ReviewCache((id) =>
    connection.client['image.read']({ project: project.requireHandle(), image: id, classes: 'all' }),
  )
  const imageId = computed(() => images.selectedId)
  const isShown = computed(() => shell.workspace === 'explain')
  const isOnItsWay = computed(
    () => imageId.value !== null && image.value?.id !== imageId.value && loadError.value === null,
  )
  /** on its way for so long that the screen says so */
  const isSlow = lasting(() => isOnItsWay.value, slowAfterMs)

  const models = computed(() => {
    const found = new Map<number, string>()
    for (const { modelId, model } of images.averages) found.set(modelId, model)
    for (const { modelId, model } of image.value?.predictions ?? []) found.set(modelId, model)
    return [...found].map(([id, name]) => ({ id, name }))
  })
  /** all methods that can be a column: the program’s own, then those of maps that were made elsewhere */
  const knownMethods = computed(() => {
    const { mapVariant } = settings.settings
    const own = explainers.all.filter(({ variants }) => variants.includes(mapVariant)).map(({ id }) => id)
    const had = images.averages.filter(({ variant }) => variant === mapVariant).map(({ method }) => method)
    return [...new Set([...own, ...had])]
  })
  const methods = computed(() => {
    const had = new Set(lines.shown.map(({ method }) => method))
    const wanted = settings.settings.shownMethods ?? [...had, ...usualMethods]
    const shown = knownMethods.value.filter((method) => wanted.includes(method))
    // what was chosen in another project may not be here at all
    return shown.length > 0 ? shown : knownMethods.value
  })
  const selected = computed<CellPlace | null>(() => {
    const model = models.value.find(({ id }) => id === chosen.value?.model) ?? models.value[0]
    const method = methods.value.find((each) => each === chosen.value?.method) ?? firstMethod.value
    return model === undefined || method === undefined ? null : { model: model.id, method }
  })
  /** the first one that there are scores of */
  const firstMethod = computed(() => methods.value.find((method) => hasScores(method)) ?? methods.value[0])
  const selectedModel = computed(() => models.value.find(({ id }) => id === selected.value?.model)?.name ?? '')

  function hasScores(method: string): boolean {
    return lines.shown.some((line) => line.method === method)
  }

  function open(id: number): void {
    images.selectedId = id
  }

  function select(place: CellPlace): void {
    chosen.value = place
  }

  /** Shows a cell large, alone. */
  function enlarge(place: CellPlace): void {
    chosen.value = place
    other.value = null
    layout.value = 'pair'
  }

  /** Shows the selected cell beside another one: the next method of the same classifier, or the next classifier. */
  function pair(): void {
    const place = selected.value
    if (place === null) return
    const { value: all } = methods
    const next = all[(all.indexOf(place.method) + 1) % all.length]!
    const nextModel = models.value.find(({ id }) => id !== place.model)?.id ?? place.model
    other.value = next === place.method ? { ...place, model: nextModel } : { ...place, method: next }
    layout.value = 'pair'
  }

  function setLayout(next: ExplainLayout): void {
    if (next === 'pair') pair()
    else layout.value = next
  }

  /** Selects the next method of the same classifier, or the next classifier with the same method. */
  function step(along: 'method' | 'model'): void {
    const place = selected.value
    if (place === null) return
    const ids = models.value.map(({ id }) => id)
    const after = <T>(all: readonly T[], one: T): T => all[(all.indexOf(one) + 1) % all.length]!
    chosen.value =
      along === 'method'
        ? { ...place, method: after(methods.value, place.method) }
        : { ...place, model: after(ids, place.model) }
  }

  async function read(id: number): Promise<void> {
    loadError.value = null
    try {
      const loaded = await project.ask(() => reader.get(id))
      if (imageId.value === id) image.value = loaded
    } catch (error) {
      if (imageId.value !== id) return
      image.value = null
      loadError.value = describe(error)
    }
  }

  /** Reads the image again, as it is now. */
  async function refresh(): Promise<void> {
    reader.clear()
    if (imageId.value !== null && isShown.value) await read(imageId.value)
  }

  /** Gets an image that is likely to come next. */
  function readAhead(id: number): void {
    if (project.isReady) reader.get(id).catch(() => undefined) // who opens it hears of it
  }

  watch(
    () => project.path,
    () => {
      reader.clear()
      image.value = null
      loadError.value = null
      layout.value = 'matrix'
      target.value = { kind: 'predicted' }
      chosen.value = other.value = null
    },
  )
  watch([imageId, isShown], ([id, isSeen]) => {
    if (id === null) image.value = null
    else if (isSeen && image.value?.id !== id) void read(id)
  })
  // a run brought new maps, a mask was corrected, or the engine is another one
  watch(
    () => [project.handle, project.nReopened, images.averages] as const,
    () => {
      if (project.handle !== null) void refresh()
    },
  )

  return {
    imageId,
    image,
    loadError,
    isSlow,
    layout,
    target,
    other,
    isPlain,
    isOutlineShown,
    models,
    knownMethods,
    methods,
    selected,
    selectedModel,
    open,
    select,
    enlarge,
    pair,
    setLayout,
    step,
    refresh,
    readAhead,
  }
})
