import type { JournalStep, StoredMap } from '#common/contract/procedures/reviewing.ts'
import { applyTiles, decodeTiles } from '#common/mask/tile-patch.ts'
import { decodeRle, encodeRle, type Rle } from '#common/mask/rle.ts'
import { replayJournal } from '#common/mask/stroke-journal.ts'
import { History, type PaintCommand } from './history.ts'
import { MaskDocument, type DocumentInstance, type ObjectChooser } from './mask-document.ts'

/** An image with everything that painting on it needs. */
export interface CanvasImage {
  readonly id: number
  /** pixels, upright */
  readonly width: number
  readonly height: number
  /** there is no tile of one that is missing, or is another one by now */
  readonly isPhotoHere: boolean
  /** address of a tile of the photo, see `image.tile` in the contract */
  tileUrl(level: number, column: number, row: number): string
  readonly instances: readonly CanvasInstance[]
  readonly objectOf: ObjectChooser
  readonly maps: readonly StoredMap[]
}

export interface CanvasInstance {
  readonly id: number
  readonly isObject: boolean
  /** null: a person drew it */
  readonly machine: Rle | null
  /** the newest revision; the machine's mask where there is none */
  readonly base: Rle
  /** the steps since, the oldest first */
  readonly journal: readonly JournalStep[]
}

/** A step of a journal that the engine has not answered yet. */
export interface PendingStep {
  readonly instance: number
  readonly kind: 'paint' | 'undo' | 'redo'
  /** of `paint`; empty otherwise */
  readonly tiles: Uint8Array
  readonly added: number
  readonly removed: number
}

export interface OpenedImage {
  readonly document: MaskDocument
  readonly history: History
  readonly base: readonly DocumentInstance[]
  readonly done: readonly PaintCommand[]
}

/**
 * Opens an image: the masks with their journals applied, and the history that follows from them. Strokes of several
 * instances come back in the order in which they were painted.
 * @param pending what was not on disk yet when the image was left, the oldest first
 * @returns also what they follow from: the masks before the journals, and all strokes in force, the oldest first
 * @throws AppError 'mask.tiles', 'mask.no-step', 'shape.mismatch', 'rle.counts' for a journal that does not fit
 */
export function openImage(image: CanvasImage, pending: readonly PendingStep[] = []): OpenedImage {
  const done: { at: number; command: PaintCommand }[] = []
  const undone: typeof done = []
  const instances: DocumentInstance[] = []
  for (const { id, isObject, machine, base, journal } of image.instances) {
    const last = journal.at(-1)?.id ?? 0
    const more = pending.flatMap((step, i) => (step.instance === id ? [{ ...step, id: last + 1 + i }] : []))
    const state = replayJournal([...journal, ...more])
    const commandOf = ({ id: at, tiles, added, removed }: (typeof state.applied)[number]) => ({
      at,
      command: { kind: 'paint', instance: id, tiles: decodeTiles(tiles, image), added, removed } as const,
    })
    const applied = state.applied.map(commandOf)
    done.push(...applied)
    undone.push(...state.undone.map(commandOf))
    instances.push({ id, isObject, machine, current: replayed(base, applied) })
  }
  const commands = (list: typeof done): PaintCommand[] => list.map(({ command }) => command)
  done.sort((a, b) => a.at - b.at)
  undone.sort((a, b) => b.at - a.at)
  return {
    document: new MaskDocument(image, instances, image.objectOf),
    history: new History(commands(done), commands(undone)),
    base: image.instances.map(({ id, isObject, machine, base }) => ({ id, isObject, machine, current: base })),
    done: commands(done),
  }
}

function replayed(base: Rle, applied: readonly { readonly command: PaintCommand }[]): Rle {
  if (applied.length === 0) return base
  const bitmap = decodeRle(base)
  for (const { command } of applied) applyTiles(bitmap, command.tiles)
  return encodeRle(bitmap)
}
