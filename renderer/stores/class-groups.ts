import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import type { ObjectChoice } from '#common/classes/object-rule.ts'
import type { ClassGroups } from '#common/contract/procedures/classes.ts'
import type { Progress } from '#common/contract/procedures/common.ts'
import {
  areObjectsChanged,
  classMapOf,
  draftOf,
  groupingOf,
  isChoiceChanged,
  isModelChanged,
  withLabel,
  type ClassDraft,
} from './class-draft.ts'
import { useConnection } from './connection.ts'
import { useImages } from './images.ts'
import { useProject } from './project.ts'
import { useReview } from './review.ts'

/** How classes and categories are matched to labels in the open project, and how a person wants them to be. */
export const useClassGroups = defineStore('class-groups', () => {
  const connection = useConnection()
  const project = useProject()
  const images = useImages()
  const review = useReview()

  const groups = shallowRef<ClassGroups | null>(null)
  const draft = shallowRef<ClassDraft | null>(null)
  /** id of the model whose classes are shown; null: the categories of the masks */
  const modelId = ref<number | null>(null)

  /** how far the scoring of all images is; null: none is under way */
  const rescoring = shallowRef<Progress | null>(null)
  let stopping: () => void = () => undefined

  const model = computed(() => groups.value?.models.find(({ id }) => id === modelId.value) ?? null)
  /** of what is shown, by place */
  const labels = computed(() => {
    if (draft.value === null) return []
    return model.value === null ? draft.value.categories : draft.value.models[model.value.id]!
  })
  const areScoresChanged = computed(
    () => groups.value !== null && draft.value !== null && areObjectsChanged(groups.value, draft.value),
  )
  const areAveragesChanged = computed(
    () => groups.value?.models.some((each) => draft.value !== null && isModelChanged(each, draft.value)) ?? false,
  )
  const isObjectChanged = computed(
    () => groups.value !== null && draft.value !== null && isChoiceChanged(groups.value, draft.value),
  )
  const areClassesChanged = computed(() => areScoresChanged.value || areAveragesChanged.value)
  const isChanged = computed(() => areClassesChanged.value || isObjectChanged.value)
  const isShownChanged = computed(() => {
    if (model.value === null) return areScoresChanged.value || isObjectChanged.value
    return draft.value !== null && isModelChanged(model.value, draft.value)
  })

  /** Reads what is in force; a draft that was not saved is dropped. */
  async function load(): Promise<void> {
    const read = await connection.client['classes.groups']({ project: project.requireHandle() })
    groups.value = read
    draft.value = draftOf(read)
    if (model.value === null) modelId.value = read.models[0]?.id ?? null
  }

  /** Puts classes or categories of what is shown under a label; null: under none. */
  function setLabel(places: Iterable<number>, label: string | null): void {
    setLabels(withLabel(labels.value, places, label))
  }

  /** Groups the classes of the model that is shown as their names say. */
  function takeGuess(): void {
    if (model.value !== null) setLabels(model.value.classes.map(({ guess }) => guess?.label ?? null))
  }

  function setLabels(next: readonly (string | null)[]): void {
    if (draft.value === null) return
    draft.value =
      model.value === null
        ? { ...draft.value, categories: next }
        : { ...draft.value, models: { ...draft.value.models, [model.value.id]: next } }
  }

  /** Chooses which masks of the right categories are the object. */
  function setChoice(change: Partial<ObjectChoice>): void {
    if (draft.value !== null) draft.value = { ...draft.value, choice: { ...draft.value.choice, ...change } }
  }

  /** Puts the draft in force; another object brings the scores of all images after it, which may take a while. */
  async function save(): Promise<void> {
    if (groups.value === null || draft.value === null) return
    const map = groupingOf(groups.value, draft.value)
    const { choice } = draft.value
    if (areClassesChanged.value) {
      await project.persist((handle) => connection.client['classes.assign']({ project: handle, map }))
    }
    if (isObjectChanged.value) await chooseObjects(choice)
    await Promise.all([project.refresh(), images.load(), review.refresh()])
  }

  async function chooseObjects(choice: ObjectChoice): Promise<void> {
    const stop = new AbortController()
    stopping = () => stop.abort()
    const options = { signal: stop.signal, onEvent: (event: Progress) => (rescoring.value = event) }
    try {
      await project.persist((handle) => connection.client['objects.choose']({ project: handle, choice }, options))
    } finally {
      rescoring.value = null
      stopping = () => undefined
    }
  }

  /** Stops the scoring that a save began; the object of before stays in force. */
  function stop(): void {
    stopping()
  }

  /** The draft of what is shown as a class map file. */
  function exported(): string {
    if (groups.value === null || draft.value === null) return '{}'
    return `${JSON.stringify(classMapOf(groups.value, draft.value, model.value), null, 2)}\n`
  }

  return {
    groups,
    draft,
    modelId,
    model,
    labels,
    areScoresChanged,
    areAveragesChanged,
    isObjectChanged,
    isChanged,
    isShownChanged,
    load,
    setLabel,
    takeGuess,
    setChoice,
    rescoring,
    save,
    stop,
    exported,
  }
})
