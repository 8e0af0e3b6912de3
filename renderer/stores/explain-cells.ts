import { defineStore } from 'pinia'
import { computed, shallowReactive, shallowRef, watch } from 'vue'
import type { ExplainedMap } from '#common/contract/procedures/explaining.ts'
import type { ReviewedImage } from '#common/contract/procedures/reviewing.ts'
import type { ScoreNumbers } from '#common/contract/procedures/scoring.ts'
import { cellMapOf, type CellMap } from '../canvas/explain/cell-map.ts'
import { text } from '../messages/i18n.ts'
import { useConnection } from './connection.ts'
import { chooseMap, explainedClass, keyOfPlace, scoreUnder, type ShownMap } from './explain-choice.ts'
import { useExplain } from './explain.ts'
import { useImages } from './images.ts'
import { useModelClasses } from './model-classes.ts'
import { useProject } from './project.ts'
import { useScoreLines, type CellPlace } from './score-lines.ts'
import { useSettings } from './settings.ts'
import { describe } from './toasts.ts'

/** One classifier by one method, on the image at hand. */
export interface ExplainCell {
  readonly place: CellPlace
  readonly key: string
  readonly model: string
  readonly prediction: ReviewedImage['predictions'][number] | null
  /** null: there is none yet */
  readonly map: ShownMap | null
  /** null also where a map cannot be drawn */
  readonly drawn: CellMap | null
  /** with the mask rule that is shown; null: not scored */
  readonly score: ScoreNumbers | null
  /** share of its computing that is done, 0…1; null: nobody computes it */
  readonly work: number | 'waiting' | null
  /** why there is no map, or why it cannot be drawn; null: nobody asked for one yet */
  readonly problem: string | null
  /** whether a map can be asked for */
  readonly canCompute: boolean
}

/** a map costs up to some hundred kilobytes */
const nKept = 60

/** The cells of the matrix, and the computing of maps that are not there. */
export const useExplainCells = defineStore('explain-cells', () => {
  const connection = useConnection()
  const project = useProject()
  const images = useImages()
  const explain = useExplain()
  const lines = useScoreLines()
  const classes = useModelClasses()
  const settings = useSettings()

  /** computed here, by everything that they depend on: differences are kept nowhere else */
  const made = shallowReactive(new Map<string, ExplainedMap>())
  const problems = shallowReactive(new Map<string, string>())
  const works = shallowReactive(new Map<string, number | 'waiting'>())
  const queue = shallowRef<readonly Work[]>([])
  let running: AbortController | null = null

  const rows = computed<readonly (readonly ExplainCell[])[]>(() => {
    const { image } = explain
    if (image === null) return []
    return explain.models.map(({ id, name }) =>
      explain.methods.map((method) => cellOf(image, name, { model: id, method })),
    )
  })
  const all = computed(() => rows.value.flat())
  const selected = computed(() => at(explain.selected))
  const other = computed(() => at(explain.other))
  const missing = computed(() =>
    all.value.filter(({ map, canCompute, work }) => map === null && canCompute && work === null),
  )
  const isWorking = computed(() => works.size > 0)

  function at(place: CellPlace | null): ExplainCell | null {
    return place === null ? null : (all.value.find(({ key }) => key === keyOfPlace(place)) ?? null)
  }

  function cellOf(image: ReviewedImage, model: string, place: CellPlace): ExplainCell {
    const { mapVariant: variant, maskRule } = settings.settings
    const prediction = image.predictions.find(({ modelId }) => modelId === place.model) ?? null
    const wanted = explainedClass(explain.target, prediction, (name) => classes.indexOf(place.model, name))
    const workKey = keyOfWork(image.id, place)
    const facts = { place, key: keyOfPlace(place), model, prediction, work: works.get(workKey) ?? null }
    const none = { map: null, drawn: null, score: null }
    if (wanted === null) return { ...facts, ...none, problem: text('explain.noSuchClass'), canCompute: false }
    const options = lines.lineOf(place)?.options ?? null
    const stored =
      wanted.against === null ? chooseMap(image.maps, { place, variant, maskRule, options, ...wanted }) : null
    const map = stored ?? made.get(workKey) ?? null
    const canCompute = image.photo === 'present'
    if (map === null) {
      const why = canCompute ? null : text('explain.photoNeeded')
      return { ...facts, ...none, problem: problems.get(workKey) ?? why, canCompute }
    }
    try {
      const drawn = cellMapOf(image, map)
      return { ...facts, map, drawn, score: scoreUnder(maskRule, image, map, drawn), problem: null, canCompute }
    } catch (error) {
      return { ...facts, ...none, map, problem: describe(error), canCompute }
    }
  }

  function keyOfWork(image: number, { model, method }: CellPlace): string {
    return JSON.stringify([image, model, method, settings.settings.mapVariant, explain.target])
  }

  /** Has the maps of cells computed, one after the other. */
  function compute(cells: readonly ExplainCell[]): void {
    const { image, target } = explain
    if (image === null) return
    const { mapVariant: variant, maskRule: maskVariant } = settings.settings
    const asked = cells.flatMap(({ place, prediction }): Work[] => {
      const wanted = explainedClass(target, prediction, (name) => classes.indexOf(place.model, name))
      const key = keyOfWork(image.id, place)
      if (wanted === null || works.has(key)) return []
      works.set(key, 'waiting')
      problems.delete(key)
      return [{ key, request: { image: image.id, ...place, variant, maskVariant, ...wanted } }]
    })
    queue.value = [...queue.value, ...asked]
    if (running === null) void workThrough()
  }

  async function workThrough(): Promise<void> {
    const own = new AbortController()
    running = own
    let isStored = false
    for (let [next] = queue.value; next !== undefined && !own.signal.aborted; [next] = queue.value) {
      queue.value = queue.value.slice(1)
      const map = await computeOne(next, own.signal)
      isStored ||= map !== null && map.id !== null
    }
    if (running === own) running = null
    // new scores may be in the averages, and the project says how many maps it has
    if (isStored && project.isReady)
      await Promise.all([project.refresh(), images.loadAverages()]).catch(() => undefined)
  }

  async function computeOne({ key, request }: Work, signal: AbortSignal): Promise<ExplainedMap | null> {
    const onEvent = ({ done, total }: { done: number; total: number | null }): void => {
      if (works.has(key)) works.set(key, total === null || total === 0 ? 0 : done / total)
    }
    works.set(key, 0)
    try {
      const handle = project.requireHandle()
      const map = await connection.client['image.explain']({ project: handle, ...request }, { signal, onEvent })
      made.set(key, map)
      for (const oldest of made.keys()) if (made.size > nKept) made.delete(oldest)
      return map
    } catch (error) {
      if (!signal.aborted) problems.set(key, describe(error))
      return null
    } finally {
      // one that was stopped may be wanted again by now
      if (!signal.aborted) works.delete(key)
    }
  }

  /** Stops the computing; what is done stays. */
  function cancel(): void {
    queue.value = []
    works.clear()
    running?.abort()
    running = null
  }

  watch(
    () => project.path,
    () => {
      cancel()
      made.clear()
      problems.clear()
    },
  )

  return { rows, all, selected, other, missing, isWorking, at, compute, cancel }
})

interface Work {
  readonly key: string
  readonly request: CellPlace & {
    readonly image: number
    readonly variant: 'standard' | 'paper'
    readonly maskVariant: 'standard' | 'paper'
    readonly classIndex: number | null
    readonly against: number | null
  }
}
