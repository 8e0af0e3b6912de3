import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { AppError } from '#common/contract/errors.ts'
import type { ClassifierInfo, ModelRequest, RuntimePreference } from '#common/contract/procedures/models.ts'
import { sampleMethods } from '#common/contract/procedures/sample.ts'
import { text } from '../messages/i18n.ts'
import { asSentence } from '../messages/sentence.ts'
import { useConnection } from './connection.ts'
import { useExplainers } from './explainers.ts'
import { fieldOf, newDraft, requestOf, unreadField, type DraftField, type ModelDraft } from './model-draft.ts'
import { modelName } from './model-names.ts'
import { useModels, type PresentModel } from './models.ts'
import { describe } from './toasts.ts'

/** One model of a run that is being put together. */
export interface RunModel {
  readonly id: number
  readonly name: string
  readonly draft: ModelDraft
  /** of the catalogue's entry that it is; null: a file of the person's */
  readonly entry: string | null
  readonly isReading: boolean
  /** what the engine made of it, as it is said now; null: not asked yet */
  readonly info: ClassifierInfo | null
  readonly problem: { readonly field: DraftField; readonly text: string } | null
}

/** A run that is being put together: which models, what is said about them, which methods. */
export const useRunDraft = defineStore('run-draft', () => {
  const connection = useConnection()
  const library = useModels()
  const explainers = useExplainers()

  const models = shallowRef<readonly RunModel[]>([])
  const methods = ref<readonly string[]>(sampleMethods)
  const runtime = ref<RuntimePreference>('auto')
  let nextId = 1

  const isReading = computed(() => models.value.some((model) => model.isReading))
  const isComplete = computed(() => models.value.length > 0 && methods.value.length > 0)
  /** in the order of the models */
  const requests = computed<readonly ModelRequest[]>(() =>
    models.value.map(({ draft }) => requestOf(draft, runtime.value)),
  )

  /** Takes a model file of the person's and reads it. */
  async function addFile(path: string): Promise<void> {
    const known = models.value.find(({ draft }) => draft.path === path)
    const id = known?.id ?? add({ name: fileName(path), draft: newDraft(path), entry: null })
    await read(id)
  }

  /** Takes an entry of the catalogue, or leaves it out. */
  function toggleEntry(row: PresentModel): void {
    const chosen = models.value.find(({ entry }) => entry === row.id)
    if (chosen !== undefined) remove(chosen.id)
    else add({ name: modelName(row), draft: newDraft(row.state.path, row.architecture), entry: row.id })
  }

  function add(facts: Pick<RunModel, 'name' | 'draft' | 'entry'>): number {
    const id = nextId++
    models.value = [...models.value, { id, isReading: false, info: null, problem: null, ...facts }]
    return id
  }

  function remove(id: number): void {
    models.value = models.value.filter((model) => model.id !== id)
  }

  /** What a person says of a model from now on; the engine has not seen it yet. */
  function say(id: number, said: Partial<ModelDraft>): void {
    const model = models.value.find((each) => each.id === id)
    if (model !== undefined) update(id, { draft: { ...model.draft, ...said }, info: null, problem: null })
  }

  function setRuntime(next: RuntimePreference): void {
    runtime.value = next
    models.value = models.value.map((model) => ({ ...model, info: null, problem: null }))
  }

  function toggleMethod(method: string): void {
    const isOn = methods.value.includes(method)
    const ids = explainers.all.map(({ id }) => id)
    methods.value = ids.filter((each) => (each === method ? !isOn : methods.value.includes(each)))
  }

  /** Reads one model as it is said now. @returns whether it can be run */
  async function read(id: number): Promise<boolean> {
    const model = models.value.find((each) => each.id === id)
    if (model === undefined) return false
    const { draft } = model
    const unread = unreadField(draft)
    if (unread !== null) {
      update(id, { problem: { field: unread, text: text(`run.${unread}NotRead`) } })
      return false
    }
    update(id, { isReading: true, problem: null })
    try {
      const info = await connection.client['classifier.describe']({ model: requestOf(draft, runtime.value) })
      update(id, { isReading: false, info, ...(model.entry === null ? { name: info.card.name } : {}) })
      return true
    } catch (error) {
      update(id, { isReading: false, problem: problemOf(error, draft) })
      return false
    }
  }

  /** Reads all that were not read as they are said now. @returns whether all of them can be run */
  async function readAll(): Promise<boolean> {
    for (const { id, info } of models.value) if (info === null && !(await read(id))) return false
    return isComplete.value
  }

  function update(id: number, change: Partial<RunModel>): void {
    models.value = models.value.map((model) => (model.id === id ? { ...model, ...change } : model))
  }

  /** Leaves out what is not on this machine any more, and what is wrong with a model: it may be mended by now. */
  function freshen(): void {
    const there = new Set(library.present.map(({ id }) => id))
    models.value = models.value
      .filter(({ entry }) => entry === null || there.has(entry))
      .map((model) => ({ ...model, problem: null }))
  }

  return {
    models,
    methods,
    runtime,
    isReading,
    isComplete,
    requests,
    addFile,
    toggleEntry,
    remove,
    say,
    setRuntime,
    toggleMethod,
    readAll,
    freshen,
  }
})

/** The hints of the engine name options of the command line for what this page has fields for. */
function problemOf(error: unknown, draft: ModelDraft): RunModel['problem'] {
  if (!(error instanceof AppError)) return { field: 'path', text: describe(error) }
  const field = fieldOf(error.code, draft)
  if (field !== 'preprocess' && field !== 'architecture') return { field, text: describe(error) }
  return { field, text: `${asSentence(error.message)} ${text(`run.hint.${field}`)}` }
}

/** A model.json is called by its folder: the file name says nothing. */
function fileName(path: string): string {
  const [name = path, folder = name] = path.split(/[\\/]/).reverse()
  return name === 'model.json' ? folder : name
}
