import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import type { ReviewedImage, ReviewReason, Verdict } from '#common/contract/procedures/reviewing.ts'
import { text } from '../messages/i18n.ts'
import { useCanvasView } from './canvas-view.ts'
import { useConnection } from './connection.ts'
import { createDrafting } from './drafting.ts'
import { useImages } from './images.ts'
import { useProject } from './project.ts'
import { useImageReader } from './image-reader.ts'
import { lasting } from './lasting.ts'
import { useReviewQueue } from './review-queue.ts'
import { useStrokeJournal } from './stroke-journal.ts'
import { useSettings } from './settings.ts'
import { writerWords } from './project-writer.ts'
import { useShell } from './shell.ts'
import { useVerdictSaving } from './verdict-saving.ts'
import { describe, useToasts } from './toasts.ts'
import { verdictName } from './verdict-draft.ts'

/** of the queue; the image before is read ahead as well */
const nReadAhead = 3
/** an image is on screen by then: what is read ahead would take time from it */
const readAheadAfterMs = 100
/** what comes sooner is not announced: it would only flicker */
const slowAfterMs = 150

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
  const inQueue = useReviewQueue()
  const saving = useVerdictSaving()

  const imageId = ref<number | null>(null)
  const image = shallowRef<ReviewedImage | null>(null)
  const loadError = ref<string | null>(null)
  const drafting = createDrafting()
  let savedToast: number | null = null
  /** chosen while the image was on its way: it is for that one, not for the one still on screen */
  let earlyVerdict: Verdict | null = null

  const queue = computed(() => inQueue.rows(imageId.value))
  const areAllReviewed = computed(() => images.rows.length > 0 && images.nReviewed === images.rows.length)
  const index = computed(() => (imageId.value === null ? -1 : (images.indexById.get(imageId.value) ?? -1)))
  const isOnItsWay = computed(
    () => imageId.value !== null && image.value?.id !== imageId.value && loadError.value === null,
  )
  /** on its way for so long that the screen says so */
  const isSlow = lasting(() => isOnItsWay.value, slowAfterMs)
  const isPhotoThere = computed(() => image.value?.photo === 'present')
  /** why no verdict can be saved, nor anything painted; null: it can */
  const whyReadOnly = computed(() => (project.writer === null ? null : writerWords(project.writer).title))
  const whyNotPainted = computed(
    () => whyReadOnly.value ?? (isPhotoThere.value || image.value === null ? null : text('review.photoNeeded')),
  )
  const canPaint = computed(() => image.value !== null && project.isWritable && isPhotoThere.value)

  async function open(id: number): Promise<void> {
    if (id === imageId.value && image.value !== null) return
    if (!isOnItsWay.value && image.value !== null) drafting.keep(image.value)
    earlyVerdict = null
    imageId.value = id
    images.selectedId = id
    loadError.value = null
    await read(id)
  }

  async function read(id: number): Promise<void> {
    try {
      // a stroke that is on its way would be read, and then shown once more on top
      await canvas.controls?.settled(id)
      const loaded = await project.ask(() => reader.read(id))
      if (imageId.value !== id) return
      const before = image.value?.id === id ? image.value : null
      if (before !== null && sameFacts(before, loaded) && loaded.instances.every(journal.isAt)) return
      journal.know(loaded)
      canvas.reset()
      drafting.begin(loaded, before)
      loadError.value = null
      image.value = loaded
      if (earlyVerdict !== null) setVerdict(earlyVerdict)
      earlyVerdict = null
      setTimeout(() => imageId.value === id && prefetch(), readAheadAfterMs)
    } catch (error) {
      if (imageId.value === id) {
        image.value = null
        loadError.value = describe(error)
      }
    }
  }

  /** Shows no image. */
  function leave(): void {
    imageId.value = null
    image.value = null
    loadError.value = null
    canvas.reset()
  }

  /** Reads the image again, where anything of it may be another one: as it is on the disk now. */
  async function refresh(): Promise<void> {
    reader.clear()
    if (imageId.value !== null && !canvas.history.isPaused) await read(imageId.value)
  }

  /** Reads an image again after something of it was saved; on screen at once where it is the one that is shown. */
  async function readAgain(id: number): Promise<void> {
    reader.forget(id)
    if (imageId.value === id && !canvas.history.isPaused) await read(id)
  }

  /** Looks whether the photo is still there, and still the one that was imported. */
  function checkPhoto(): void {
    // many parts of a photo may fail together
    checking ??= lookForPhoto()
      .catch(() => undefined) // who reads it next hears of it
      .finally(() => (checking = null))
  }

  let checking: Promise<void> | null = null

  async function lookForPhoto(): Promise<void> {
    const shown = image.value
    if (shown === null || !project.isReady) return
    const { photo } = await reader.readNow(shown.id)
    if (image.value !== shown || photo === shown.photo) return
    reader.clear() // others of the folder may be gone as well
    await read(shown.id)
  }

  /** Gets the images that are likely to come next, the likeliest first. */
  function prefetch(): void {
    if (!project.isReady) return
    const id = imageId.value
    const next = inQueue.beside(id, 1, { count: nReadAhead })
    const wanted = new Set([inQueue.toDoBeside(id, 1), ...next, ...inQueue.beside(id, -1, { count: 1 })])
    for (const row of wanted) {
      if (row === undefined) continue
      reader.read(row.id).then(
        (image) => canvas.controls?.readAhead(image),
        () => undefined, // who opens it hears of it
      )
    }
  }

  /** Address of a square of a photo. */
  function tile(id: number, level: number, column: number, row: number): string {
    const { pictures } = connection
    return pictures === null || project.handle === null ? '' : pictures.tileUrl(project.handle, id, level, column, row)
  }

  /** Opens the first image of the project without a verdict; false where there is none. */
  function openFirstToDo(): boolean {
    const first = images.rows.find(({ verdict }) => verdict === null)
    if (first !== undefined) void open(first.id)
    return first !== undefined
  }

  /** Goes to the next image of the queue, or the one before. */
  function move(step: 1 | -1): void {
    const [row] = inQueue.beside(imageId.value, step, { count: 1 })
    if (row !== undefined) void open(row.id)
  }

  /** Goes to the next image (or the one before) without a verdict, around the end; stays where there is none. */
  function moveToDo(step: 1 | -1): boolean {
    const next = inQueue.toDoBeside(imageId.value, step)
    if (next !== undefined) void open(next.id)
    return next !== undefined
  }

  /** Without its photo nobody can say more of a mask than that. */
  function canSay(verdict: Verdict): boolean {
    return verdict === 'cannot judge' || isPhotoThere.value
  }

  function setVerdict(verdict: Verdict): void {
    if (isOnItsWay.value) {
      earlyVerdict = verdict
      return
    }
    if (canSay(verdict)) drafting.setVerdict(verdict)
  }

  function toggleReason(reason: ReviewReason): void {
    if (!isOnItsWay.value) drafting.toggleReason(reason)
  }

  /**
   * Saves the verdict and goes on; where something is missing it says what, and stays. An image that is still on its way
   * was not seen: nothing is saved for it.
   */
  async function save(): Promise<void> {
    const current = image.value
    if (current === null || isOnItsWay.value || !project.isWritable) return
    const said = drafting.complete()
    if (said === null || !canSay(said.verdict) || canvas.history.isPaused) return
    const { verdict, reasons } = said
    const row = images.row(current.id)
    const author = settings.auditorOrDefault
    images.patch(current.id, { verdict, reasons: [...reasons], auditor: author })
    const number = index.value + 1
    if (!moveToDo(1)) shell.announce(text('review.allReviewed'))
    try {
      const isCorrected = await saving.save(current, said)
      drafting.forget(current.id)
      tellSaved(current.id, text('review.saved', { number, verdict: verdictName(verdict).toLowerCase() }))
      await follow(current.id, isCorrected)
    } catch (error) {
      if (row !== undefined)
        images.patch(current.id, { verdict: row.verdict, reasons: row.reasons, auditor: row.auditor })
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

  watch(
    () => project.path,
    () => {
      reader.clear()
      drafting.clear()
      leave()
    },
  )
  // it went with an import that was undone
  watch(
    () => images.isLoading,
    (isLoading) => {
      if (!isLoading && imageId.value !== null && index.value < 0) leave()
    },
  )
  // a run brought new maps, the engine is another one, or the strokes of the canvas are none of this mask
  watch(
    () => [project.handle, project.nReopened, project.description?.nExplanations, journal.nDropped] as const,
    () => {
      if (project.handle !== null) void refresh()
    },
  )

  return {
    imageId,
    image,
    loadError,
    draft: drafting.draft,
    problem: drafting.problem,
    areAllReviewed,
    openFirstToDo,
    arePickingReasons: drafting.arePickingReasons,
    nReasonRequests: drafting.nReasonRequests,
    nNoteRequests: drafting.nNoteRequests,
    queue,
    index,
    isSlow,
    isPhotoThere,
    whyReadOnly,
    whyNotPainted,
    canPaint,
    open,
    move,
    moveToDo,
    canSay,
    setVerdict,
    toggleReason,
    setComment: drafting.setComment,
    save,
    refresh,
    readAgain,
    checkPhoto,
    tile,
    requestReasons: drafting.requestReasons,
    requestNote: drafting.requestNote,
  }
})

/** Whether two readings of an image tell the same, but for its masks. */
function sameFacts(a: ReviewedImage, b: ReviewedImage): boolean {
  const factsOf = ({ photo, photoChangedAt, review, object, maps }: ReviewedImage): string =>
    JSON.stringify([photo, photoChangedAt, review, object, maps.map(({ id, maskVariant }) => [id, maskVariant])])
  return factsOf(a) === factsOf(b)
}
