import { defineStore } from 'pinia'
import { ref } from 'vue'
import type { ReviewedImage } from '#common/contract/procedures/reviewing.ts'
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
  readonly auditor: string
}

/** What is known of an instance that was shown. */
interface KnownInstance {
  readonly image: number
  /** the newest step that the engine acknowledged; 0: none */
  lastStep: number
}

/** Writes strokes to the journal of the project, and finds out what became of one whose answer was lost. */
export const useStrokeJournal = defineStore('stroke-journal', () => {
  const connection = useConnection()
  const project = useProject()
  const reader = useImageReader()
  const canvas = useCanvasView()
  const settings = useSettings()
  const toasts = useToasts()

  const known = new Map<number, KnownInstance>()
  /** the step whose answer never came: it may be in the journal, or not */
  let unanswered: number | null = null
  /** counts up when strokes of the canvas were given up, because the journal has them already */
  const nDropped = ref(0)

  /** Takes note of an image that was read. */
  function know({ id, instances }: ReviewedImage): void {
    for (const { id: instance, journal } of instances) {
      known.set(instance, { image: id, lastStep: journal.at(-1)?.id ?? 0 })
    }
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
    const { image } = entry
    reader.forget(image)
    try {
      const where = { project: project.requireHandle(), image, instance, auditor: settings.auditorOrDefault }
      entry.lastStep = (await send(where)).step
      canvas.strokeError = null
      unanswered = null
    } catch (error) {
      if (error instanceof AppError && error.code === 'link.closed') unanswered = instance
      canvas.strokeError = describe(error)
      throw error
    } finally {
      reader.forget(image)
    }
  }

  /**
   * After the link came back: sends what waits, unless the journal already has the step whose answer was lost. A stroke
   * is an XOR: written twice it would take itself back.
   */
  async function takeUp(): Promise<void> {
    const isPaused = (): boolean => canvas.history.isPaused
    if (!isPaused()) return
    const instance = unanswered
    const entry = instance === null ? undefined : known.get(instance)
    unanswered = null
    if (entry !== undefined) {
      const image = await reader.readNow(entry.image)
      const newest = image.instances.find(({ id }) => id === instance)?.journal.at(-1)?.id ?? 0
      if (newest > entry.lastStep) {
        canvas.controls?.dropUnsaved()
        nDropped.value++
        return
      }
    }
    canvas.controls?.retry()
    await canvas.controls?.settled()
    if (!isPaused()) toasts.add({ kind: 'done', title: text('review.strokesKept') })
  }

  return { nDropped, know, paint, step, takeUp }
})
