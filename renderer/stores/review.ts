import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import type { ReviewedImage, ReviewReason, Verdict } from '#common/contract/procedures/reviewing.ts'
import { text } from '../messages/i18n.ts'
import { useCanvasView } from './canvas-view.ts'
import { useConnection } from './connection.ts'
import { useImages } from './images.ts'
import { useProject } from './project.ts'
import { useImageReader } from './image-reader.ts'
import { useStrokeJournal } from './stroke-journal.ts'
import { useSettings } from './settings.ts'
import { useShell } from './shell.ts'
import { describe, useToasts } from './toasts.ts'
import {
  draftOf,
  problemOf,
  sameDraft,
  toggled,
  verdictName,
  type DraftProblem,
  type VerdictDraft,
} from './verdict-draft.ts'

const readAhead = [1, 2, 3, -1] as const
const tileSide = 512

/** The image under review, the queue it stands in, and the verdict that is being made. */
export const useReview = defineStore('review', () => {
  const connection = useConnection()
  const project = useProject()
  const images = useImages()
  const canvas = useCanvasView()
  const settings = useSettings()
  const shell = useShell()
  const toasts = useToasts()
  const reader = useImageReader()
  const journal = useStrokeJournal()

  const imageId = ref<number | null>(null)
  const image = shallowRef<ReviewedImage | null>(null)
  const loadError = ref<string | null>(null)
  const draft = ref<VerdictDraft>(draftOf(null))
  const problem = ref<DraftProblem | null>(null)
  const isToDoOnly = ref(false)
  /** digits choose reasons while the focus is on them */
  const arePickingReasons = ref(false)
  const nReasonRequests = ref(0)
  const nNoteRequests = ref(0)

  /** what was begun and not saved, by image: going on and coming back loses nothing */
  const keptDrafts = new Map<number, VerdictDraft>()
  let savedToast: number | null = null
  /** chosen while the image was on its way: it is for that one, not for the one still on screen */
  let earlyVerdict: Verdict | null = null

  const queue = computed(() =>
    isToDoOnly.value ? images.rows.filter(({ id, verdict }) => verdict === null || id === imageId.value) : images.rows,
  )
  const index = computed(() => (imageId.value === null ? -1 : (images.indexById.get(imageId.value) ?? -1)))
  const isReadOnly = computed(() => !project.isWritable)
  const isOnItsWay = computed(() => imageId.value !== null && image.value?.id !== imageId.value)

  async function open(id: number): Promise<void> {
    if (id === imageId.value && image.value !== null) return
    if (!isOnItsWay.value) keepDraft()
    earlyVerdict = null
    imageId.value = id
    images.selectedId = id
    loadError.value = null
    await read(id)
  }

  async function read(id: number): Promise<void> {
    try {
      // a stroke that is on its way would be read, and then shown once more on top
      await canvas.controls?.settled()
      const loaded = await reader.read(id)
      if (imageId.value !== id) return
      journal.know(loaded)
      canvas.reset()
      draft.value = keptDrafts.get(id) ?? draftOf(loaded.review)
      problem.value = null
      image.value = loaded
      if (earlyVerdict !== null) setVerdict(earlyVerdict)
      earlyVerdict = null
      prefetch()
    } catch (error) {
      if (imageId.value === id) {
        image.value = null
        loadError.value = describe(error)
      }
    }
  }

  function keepDraft(): void {
    const { value: current } = image
    if (current === null) return
    if (sameDraft(draft.value, draftOf(current.review))) keptDrafts.delete(current.id)
    else keptDrafts.set(current.id, draft.value)
  }

  function prefetch(): void {
    for (const step of readAhead) {
      const row = images.rows[index.value + step]
      if (row === undefined) continue
      void reader.read(row.id).catch(() => undefined) // who opens it hears of it
      const level = Math.max(0, Math.ceil(Math.log2(Math.max(row.width, row.height) / tileSide)))
      new Image().src = tile(row.id, level, 0, 0)
    }
  }

  /** Address of a square of a photo. */
  function tile(id: number, level: number, column: number, row: number): string {
    const { pictures } = connection
    return pictures === null || project.handle === null ? '' : pictures.tileUrl(project.handle, id, level, column, row)
  }

  function move(step: 1 | -1): void {
    const row = images.rows[index.value + step]
    if (row !== undefined) void open(row.id)
  }

  /** Goes to the next image (or the one before) without a verdict, around the end; stays where there is none. */
  function moveToDo(step: 1 | -1): boolean {
    const { rows } = images
    for (let n = 1; n < rows.length; n++) {
      const row = rows[(index.value + step * n + rows.length * n) % rows.length]!
      if (row.verdict !== null) continue
      void open(row.id)
      return true
    }
    return false
  }

  function setVerdict(verdict: Verdict): void {
    if (isOnItsWay.value) {
      earlyVerdict = verdict
      return
    }
    draft.value = { ...draft.value, verdict }
    problem.value = null
  }

  function toggleReason(reason: ReviewReason): void {
    if (isOnItsWay.value) return
    draft.value = { ...draft.value, reasons: toggled(draft.value.reasons, reason) }
    problem.value = null
  }

  function setComment(comment: string): void {
    draft.value = { ...draft.value, comment }
    problem.value = null
  }

  /**
   * Saves the verdict and goes on; where something is missing it says what, and stays. An image that is still on its way
   * was not seen: nothing is saved for it.
   */
  async function save(): Promise<void> {
    const current = image.value
    if (current === null || isOnItsWay.value || !project.isWritable) return
    const { verdict, reasons, comment } = draft.value
    problem.value = problemOf(draft.value)
    if (problem.value === 'reason') nReasonRequests.value++
    if (problem.value === 'text') nNoteRequests.value++
    if (problem.value !== null || verdict === null) return
    await canvas.controls?.settled()
    if (image.value !== current || canvas.history.isPaused) return
    const before = images.row(current.id)?.verdict ?? null
    images.patch(current.id, { verdict })
    const number = index.value + 1
    if (!moveToDo(1)) shell.announce(text('review.allReviewed'))
    try {
      const review = { verdict, reasons: [...reasons], comment, auditor: settings.auditorOrDefault }
      const request = { project: project.requireHandle(), image: current.id, ...review }
      const { revisions } = await connection.client['review.save'](request)
      keptDrafts.delete(current.id)
      tellSaved(current.id, text('review.saved', { number, verdict: verdictName(verdict).toLowerCase() }))
      await follow(current.id, revisions.length > 0)
    } catch (error) {
      images.patch(current.id, { verdict: before })
      toasts.addError(text('review.notSaved', { number }), error)
    }
  }

  /** Brings what is on screen up to a review that was saved. */
  async function follow(id: number, isCorrected: boolean): Promise<void> {
    reader.forget(id)
    if (isCorrected) images.patch(id, { isCorrected })
    if (imageId.value === id) await read(id)
    try {
      await Promise.all([project.refresh(), isCorrected ? images.loadAverages() : undefined])
    } catch (error) {
      toasts.addError(text('images.notLoaded'), error)
    }
  }

  function tellSaved(id: number, title: string): void {
    shell.announce(title)
    if (savedToast !== null) toasts.close(savedToast)
    const action = { label: text('review.goBack'), run: () => void open(id) }
    savedToast = toasts.add({ kind: 'done', title, action })
  }

  function requestReasons(): void {
    nReasonRequests.value++
  }

  function requestNote(): void {
    nNoteRequests.value++
  }

  watch(
    () => project.path,
    () => {
      reader.clear()
      keptDrafts.clear()
      imageId.value = null
      image.value = null
      canvas.reset()
    },
  )
  // a run brought new maps, the engine is another one, or it knows more strokes than the canvas
  watch(
    () => [project.handle, project.description?.nExplanations, journal.nDropped] as const,
    () => {
      reader.clear()
      if (project.handle !== null && imageId.value !== null && !canvas.history.isPaused) void read(imageId.value)
    },
  )
  watch(
    () => project.nReopened,
    () => journal.takeUp().catch((error: unknown) => toasts.addError(text('review.notTakenUp'), error)),
  )

  return {
    imageId,
    image,
    loadError,
    draft,
    problem,
    isToDoOnly,
    arePickingReasons,
    nReasonRequests,
    nNoteRequests,
    queue,
    index,
    isReadOnly,
    open,
    move,
    moveToDo,
    setVerdict,
    toggleReason,
    setComment,
    save,
    tile,
    requestReasons,
    requestNote,
  }
})
