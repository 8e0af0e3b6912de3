import type { Transaction } from 'kysely'
import { AppError } from '#common/contract/errors.ts'
import type { JournalBase } from '#common/contract/procedures/reviewing.ts'
import type { ImageId, InstanceMaskId, MaskRevisionId, StrokeId } from '#common/contract/ids.ts'
import type { Bitmap } from '#common/mask/bitmap.ts'
import { decodeRle } from '#common/mask/rle.ts'
import { countStroke, noStep, replayJournal } from '#common/mask/stroke-journal.ts'
import { applyTiles, decodeTiles } from '#common/mask/tile-patch.ts'
import { SerialQueue } from '#main/compute/serial-queue.ts'
import { getImage } from '#main/project/image-repository.ts'
import { getCurrentMask } from '#main/project/mask-repository.ts'
import type { CurrentMask } from '#main/project/mask-rows.ts'
import type { Project } from '#main/project/project.ts'
import type { Schema } from '#main/project/schema.ts'
import {
  appendStep,
  getStep,
  lastStep,
  listSteps,
  packTiles,
  type JournalKey,
  type NewStep,
  type StoredStep,
} from '#main/project/stroke-repository.ts'
import { ByteCache } from '../byte-cache.ts'
import { requirePhotoSize, rleOf } from '../object-mask.ts'

/** A mask as its journal makes it, and where that journal stands. */
interface WorkingMask {
  readonly revision: MaskRevisionId
  readonly bitmap: Bitmap
  readonly applied: readonly StrokeId[]
  readonly undone: readonly StrokeId[]
  readonly last: StrokeId | null
}

/** The object that a step is of, and who makes it. */
interface StepPlace {
  readonly image: ImageId
  readonly instance: InstanceMaskId
  /** where the journal stands for the one who makes the step */
  readonly base: JournalBase
  readonly auditor: string
}

/** Masks of 12 megapixels take as many bytes: those of a photo with some objects stay at hand. */
const cacheBytes = 128 * 2 ** 20

/**
 * Appends to the stroke journals of projects and knows the masks that they make. The journal in the file is what holds:
 * masks at hand are kept only so that a stroke need not replay it, and count for nothing once the file says otherwise.
 */
export class StrokeJournals {
  readonly #now: () => number
  /** by project, so that what was of a closed one is never taken for that of another */
  readonly #masks = new WeakMap<Project, ByteCache<WorkingMask>>()
  readonly #turns = new SerialQueue()

  constructor(now: () => number) {
    this.#now = now
  }

  /**
   * Appends a stroke; it is on the disk when the promise is fulfilled. One that the journal has right after its base is
   * not appended again.
   * @throws AppError 'mask.stale'; 'mask.tiles' for tiles that do not fit the mask or change nothing; 'mask.size'; 'record.missing'
   */
  async paint(
    project: Project,
    { tool, tiles, ...place }: StepPlace & { readonly tool: string; readonly tiles: Uint8Array },
  ): Promise<StrokeId> {
    return this.inTurn(async () => {
      const packedTiles = await packTiles(tiles)
      return this.#append(project, { ...place, kind: 'paint', tiles }, (working) => {
        const patch = decodeTiles(tiles, working.bitmap)
        const { added, removed } = countStroke(working.bitmap, patch)
        if (added + removed === 0) throw emptyStroke()
        return {
          step: { kind: 'paint', auditor: place.auditor, tool, packedTiles, added, removed },
          flips: () => Promise.resolve(patch),
          move: (id) => ({ applied: [...working.applied, id], undone: [] }),
        }
      })
    })
  }

  /** Goes a step back or forth. @throws AppError 'mask.no-step' where there is none; as `paint` */
  async step(
    project: Project,
    { direction, ...place }: StepPlace & { readonly direction: 'undo' | 'redo' },
  ): Promise<StrokeId> {
    return this.inTurn(() =>
      this.#append(project, { ...place, kind: direction, tiles: noTiles }, ({ bitmap, applied, undone }) => {
        const moved = (direction === 'undo' ? applied : undone).at(-1)
        if (moved === undefined) throw noStep(direction)
        return {
          step: { kind: direction, auditor: place.auditor },
          flips: async (trx) => decodeTiles((await getStep(trx, moved)).tiles, bitmap),
          move: () =>
            direction === 'undo'
              ? { applied: applied.slice(0, -1), undone: [...undone, moved] }
              : { applied: [...applied, moved], undone: undone.slice(0, -1) },
        }
      }),
    )
  }

  /** Runs what reads masks and writes: no step is appended meanwhile. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.#turns.run(work)
  }

  /** The mask that an object's journal makes; to be looked at, and no longer than its turn. */
  async read(project: Project, trx: Transaction<Schema>, current: CurrentMask): Promise<Bitmap> {
    return (await this.#workingMask(project, trx, current)).bitmap
  }

  /** The mask at hand changes only when the file has the step. */
  async #append(project: Project, asked: AskedStep, plan: (working: WorkingMask) => Plan): Promise<StrokeId> {
    const { id, changed } = await project.writeStroke(async (trx) => {
      const current = await getCurrentMask(trx, { id: asked.instance, imageId: asked.image })
      requirePhotoSize(await getImage(trx, asked.image), current.revision.mask)
      const repeated = await findRepeated(trx, current, asked)
      if (repeated !== null) return { id: repeated, changed: null }
      const working = await this.#workingMask(project, trx, current)
      const { step, flips, move } = plan(working)
      const patch = await flips(trx)
      const id = await appendStep(trx, journalOf(current), { step, now: this.#now() })
      return { id, changed: { working, patch, moved: move(id) } }
    })
    if (changed === null) return id
    const { working, patch, moved } = changed
    applyTiles(working.bitmap, patch)
    this.#keep(project, asked.instance, { ...working, ...moved, last: id })
    return id
  }

  async #workingMask(project: Project, trx: Transaction<Schema>, current: CurrentMask): Promise<WorkingMask> {
    const { instance, revision } = current
    const last = await lastStep(trx, journalOf(current))
    const known = this.#masks.get(project)?.get(String(instance.id))
    if (known?.revision === revision.id && known.last === last) return known
    const bitmap = decodeRle(rleOf(revision.mask))
    const { applied, undone } = replayJournal(await listSteps(trx, journalOf(current)))
    for (const { tiles } of applied) applyTiles(bitmap, decodeTiles(tiles, bitmap))
    const ids = (steps: typeof applied): StrokeId[] => steps.map(({ id }) => id)
    const working = { revision: revision.id, bitmap, applied: ids(applied), undone: ids(undone), last }
    this.#keep(project, instance.id, working)
    return working
  }

  #keep(project: Project, instance: InstanceMaskId, working: WorkingMask): void {
    const masks = this.#masks.get(project) ?? new ByteCache<WorkingMask>(cacheBytes)
    this.#masks.set(project, masks)
    masks.set(String(instance), working, working.bitmap.data.length)
  }
}

/** A step as it is asked for, by what tells it from others. */
type AskedStep = StepPlace & Pick<StoredStep, 'kind' | 'tiles'>

const noTiles = new Uint8Array(0)

/**
 * The step that a journal has after the base of one that is asked for, where it is that one: its answer was lost. Null
 * where the journal stands at the base.
 * @throws AppError 'mask.stale'
 */
async function findRepeated(
  trx: Transaction<Schema>,
  current: CurrentMask,
  asked: AskedStep,
): Promise<StrokeId | null> {
  const { base, kind, tiles } = asked
  const key = journalOf(current)
  const last = await lastStep(trx, key)
  if (key.baseNumber === base.revision) {
    if (last === base.step) return null
    const [next, ...more] = await listSteps(trx, key, base.step)
    if (next?.kind === kind && more.length === 0 && Buffer.compare(next.tiles, tiles) === 0) return next.id
  }
  throw new AppError('mask.stale', 'the mask was changed since it was read', {
    hint: 'Nothing was changed. Read the image again, and do this step on the mask as it is now.',
    data: { revision: key.baseNumber, step: last },
  })
}

/** What a step does: its row, the pixels that it flips, and how it moves the ends of the journal. */
interface Plan {
  readonly step: NewStep
  readonly flips: (trx: Transaction<Schema>) => Promise<ReturnType<typeof decodeTiles>>
  readonly move: (id: StrokeId) => Pick<WorkingMask, 'applied' | 'undone'>
}

/** The journal that an object's newest outline began. */
export function journalOf({ instance, revision }: CurrentMask): JournalKey {
  return { instanceMaskId: instance.id, baseNumber: revision.number }
}

function emptyStroke(): AppError {
  return new AppError('mask.tiles', 'the stroke changes no pixel', { hint: 'Nothing was changed.' })
}
