import { defineStore } from 'pinia'
import { computed, shallowRef, watch } from 'vue'
import { text } from '../messages/i18n.ts'
import { useCanvasView } from './canvas-view.ts'
import { useConnection } from './connection.ts'
import { useImages } from './images.ts'
import { objectRows } from './object-rows.ts'
import { useProject } from './project.ts'
import { useReview } from './review.ts'
import { useSettings } from './settings.ts'
import { useShell } from './shell.ts'
import { useToasts } from './toasts.ts'

type LeftOut = readonly number[] | null

/** Which instances of the image under review are its object, by the rule or by hand. */
export const useObjectChoice = defineStore('object-choice', () => {
  const connection = useConnection()
  const project = useProject()
  const images = useImages()
  const review = useReview()
  const canvas = useCanvasView()
  const settings = useSettings()
  const shell = useShell()
  const toasts = useToasts()

  /** what was chosen and is not on screen by itself yet; undefined: nothing */
  const pending = shallowRef<LeftOut | undefined>()
  let lastChoice: Promise<void> = Promise.resolve()

  const leftOut = computed<LeftOut>(() =>
    pending.value === undefined ? (review.image?.object.leftOut ?? null) : pending.value,
  )
  const isByHand = computed(() => leftOut.value !== null)
  const rows = computed(() => {
    const { image } = review
    if (image === null) return []
    const chosen = leftOut.value === null ? null : [...leftOut.value]
    return objectRows({ ...image, object: { ...image.object, leftOut: chosen } }, canvas.areas)
  })
  /** strokes that could not be saved would be lost when the image is read again */
  const canChoose = computed(() => project.isWritable && !canvas.history.isPaused)

  /** Makes an instance part of the object, or leaves it out; from then on the image goes by hand. */
  function setPart(id: number, isPart: boolean): void {
    const out = rows.value.filter((row) => (row.id === id ? !isPart : !row.isPart)).map((row) => row.id)
    const row = rows.value.find((each) => each.id === id)
    if (row !== undefined) shell.announce(text(isPart ? 'objects.taken' : 'objects.leftOut', { n: row.number }))
    choose(out)
  }

  /** Lets the image go by the rule again; what was chosen by hand comes back from the toast. */
  function backToRule(): void {
    const before = leftOut.value
    const id = review.imageId
    choose(null)
    const action = { label: text('objects.undo'), run: () => id !== null && chooseFor(id, before) }
    toasts.add({ kind: 'done', title: text('objects.byRuleAgain'), action })
  }

  function choose(next: LeftOut): void {
    if (review.image !== null && canChoose.value) chooseFor(review.image.id, next)
  }

  /** One after the other: each is meant on top of the one before. */
  function chooseFor(id: number, next: LeftOut): void {
    if (review.imageId === id) pending.value = next
    lastChoice = lastChoice.then(() => save(id, next))
  }

  async function save(image: number, next: LeftOut): Promise<void> {
    try {
      const said = { image, leftOut: next && [...next], auditor: settings.auditorOrDefault }
      await project.persist((handle) => connection.client['image.object']({ project: handle, ...said }))
      await Promise.all([review.readAgain(image), images.reload(image), images.loadAverages(), project.refresh()])
    } catch (error) {
      toasts.addError(text('objects.notChosen'), error)
    } finally {
      // one that was chosen meanwhile is still on its way
      if (pending.value === next) pending.value = undefined
    }
  }

  watch(
    () => review.imageId,
    () => (pending.value = undefined),
  )

  return { rows, isByHand, canChoose, setPart, backToRule }
})
