import { defineStore } from 'pinia'
import { ref, watch } from 'vue'
import type { JournalBase, ReviewedImage, ReviewedInstance } from '#common/contract/procedures/reviewing.ts'
import { AppError } from '#common/contract/errors.ts'
import { text } from '../messages/i18n.ts'
import { useCanvasView } from './canvas-view.ts'
import { useConnection } from './connection.ts'
import { useImageReader } from './image-reader.ts'
import { useProject } from './project.ts'
import { useSettings } from './settings.ts'
import { describe, useToasts } from './toasts.ts'

/** What the canvas hands over of a stroke. */
export interface PaintedStroke {
  readonly instance: number
  readonly tool: string
  readonly tiles: Uint8Array
}

interface JournalPlace {
  readonly project: number
  readonly image: number
  readonly instance: number
  readonly base: JournalBase
  readonly auditor: string
}

/** What is known of an instance that was shown. */
interface KnownInstance {
  readonly image: number
  readonly file: string
  /** where its journal stands after what the engine acknowledged */
  base: JournalBase
}

/** Writes strokes to the journal of the project. While the engine is off they wait for it. */
export const useStrokeJournal = defineStore('stroke-journal', () => {
  const connection = useConnection()
  const project = useProject()
  const reader = useImageReader()
  const canvas = useCanvasView()
  const settings = useSettings()
  const toasts = useToasts()

  const known = new Map<number, KnownInstance>()
  /** counts up when strokes of the canvas were given up, because the mask is another one by now */
  const nDropped = ref(0)
  /** the disk took no stroke; painting is paused until it does */
  const isDiskFull = ref(false)
  /** the person was told of it and goes on without painting */
  const isLeftPaused = ref(false)

  /** Takes note of an image that was read. */
  function know({ id: image, file, instances }: ReviewedImage): void {
    for (const { id, revision, journal } of instances) {
      known.set(id, { image, file, base: { revision, step: journal.at(-1)?.id ?? null } })
    }
  }

  /** Whether an instance was read as it is known here: nobody else changed its mask. */
  function isAt({ id, revision, journal }: ReviewedInstance): boolean {
    const base = known.get(id)?.base
    return base?.revision === revision && base.step === (journal.at(-1)?.id ?? null)
  }

  /** Appends a stroke; on the disk when this resolves. */
  async function paint({ instance, tool, tiles }: PaintedStroke): Promise<void> {
    await write(instance, (where) => connection.client['mask.paint']({ ...where, tool, tiles }))
  }

  async function step(instance: number, direction: 'undo' | 'redo'): Promise<void> {
    await write(instance, (where) => connection.client['mask.step']({ ...where, direction }))
  }

  async function write(
    instance: number,
    send: (where: JournalPlace) => Promise<{ readonly step: number }>,
  ): Promise<void> {
    const entry = known.get(instance)
    if (entry === undefined) throw new AppError('record.missing', `no image on screen has the instance ${instance}`)
    const { image, base } = entry
    const auditor = settings.auditorOrDefault
    reader.forget(image)
    try {
      // asked again, it is done once: the base tells the engine
      const { step } = await project.persist((handle) => send({ project: handle, image, instance, base, auditor }))
      entry.base = { ...base, step }
      canvas.strokeError = null
      isDiskFull.value = false
    } catch (error) {
      if (error instanceof AppError && error.code === 'mask.stale') giveUp(entry)
      else {
        isLeftPaused.value = false
        isDiskFull.value = error instanceof AppError && error.code === 'file.unwritable'
        canvas.strokeError = describe(error)
      }
      throw error
    } finally {
      reader.forget(image)
    }
  }

  function giveUp({ image, file }: KnownInstance): void {
    canvas.controls?.dropUnsaved(image)
    nDropped.value++
    toasts.add({ kind: 'error', title: text('review.staleTitle', { file }), detail: text('review.staleText') })
  }

  /** Sends again what was refused; resolves when it is known whether it is taken now. */
  async function retry(): Promise<void> {
    canvas.controls?.retry()
    await canvas.controls?.settled()
  }

  // what was refused because another window wrote the project
  watch(
    () => project.isWritable,
    (isWritable) => {
      if (isWritable && canvas.history.isPaused) void retry()
    },
  )

  return { nDropped, isDiskFull, isLeftPaused, know, isAt, paint, step, retry }
})
