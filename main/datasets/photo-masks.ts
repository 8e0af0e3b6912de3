import type { LabelRule } from '#common/classes/label-rules.ts'
import { rleArea, type Rle } from '#common/mask/rle.ts'
import { inOrderAhead } from '#main/files/in-order-ahead.ts'
import {
  checkAborted,
  type DatasetContext,
  type ImportEvent,
  type ImportRequest,
  type JsonObject,
  type LabelNote,
} from './dataset.ts'
import type { PlacelessDefect, SourceId, Size } from './defects.ts'
import { maskFingerprint, NumberSet, textFingerprint } from './fingerprint.ts'
import { areClasses, guessLabelRule, labelNote, makeLabeller } from './labels.ts'
import { eventsOfPhotos } from './photo-instances.ts'
import { readPhotos, type LookAtPhoto, type PhotoEntry } from './photos.ts'

/** Where in a photo's annotations something is: its number, from 0, and a name where it has one. */
interface ObjectPlace {
  readonly index: number
  readonly id?: SourceId
}

/** An object of a photo, from pictures of its pixels. */
export interface PhotoObject {
  readonly place: ObjectPlace
  readonly category: string | null
  /** Of at least one pixel. */
  readonly rle: Rle
  readonly source: JsonObject | null
}

/** What was wrong; `place` is null for what the whole photo has. */
export interface ObjectDefect {
  readonly place: ObjectPlace | null
  readonly defect: PlacelessDefect
}

/** The objects of a photo. */
export interface ObjectsReading {
  readonly objects: readonly PhotoObject[]
  readonly defects: readonly ObjectDefect[]
}

/** Photos whose masks are pictures of the photos' size, in files beside them. */
export interface MaskedPhotos<Entry extends PhotoEntry> {
  readonly entries: readonly Entry[]
  readonly look: LookAtPhoto
  /** Whether objects may have categories, so that labels can be guessed from them. */
  readonly hasCategories: boolean
  /** Reads a photo's objects. @param photo its size; null where the photo was not looked at yet */
  readonly read: (entry: Entry, photo: Size | null) => Promise<ObjectsReading>
  /** Whether the same mask twice comes in twice. */
  readonly keepsDuplicates: boolean
}

/** What a photo's masks say of its class. */
interface Categories {
  /** Of its largest mask, of equal ones the first. */
  readonly largest: string | null
  /** The category of all masks; null where they differ, or there are none. */
  readonly only: string | null
}

/** How many photos' masks are read at the same time: large ones take some hundred megabytes each. */
const nAhead = 2

/**
 * Reads photos, then their masks. Masks are read once more before, where labels come from their categories.
 * @throws AppError 'aborted', whatever the label rule's table does
 */
export async function* readMaskedPhotos<Entry extends PhotoEntry>(
  photos: MaskedPhotos<Entry>,
  request: ImportRequest,
  context: DatasetContext,
): AsyncGenerator<ImportEvent> {
  const { entries, look } = photos
  const note = await labelEntries(photos, request.labels, context)
  yield { kind: 'note', note }
  yield* readPhotos(entries, look, context, { isLabelled: note.rule !== null })
  const read = async (entry: Entry): Promise<readonly ImportEvent[]> => {
    // the photo has its own defect
    return entry.photo === null ? [] : eventsOf(entry.file, await photos.read(entry, entry.photo), photos)
  }
  yield* eventsOfPhotos(entries, read, context, nAhead)
}

async function labelEntries<Entry extends PhotoEntry>(
  photos: MaskedPhotos<Entry>,
  given: LabelRule | undefined,
  context: DatasetContext,
): Promise<LabelNote> {
  const { entries } = photos
  const guess = given ?? guessLabelRule(entries.map(({ file }) => file))
  const mayBeCategory = guess?.kind === 'category' || (guess === null && photos.hasCategories)
  const categories = mayBeCategory ? await categoriesOf(photos, context) : []
  const areGuessed = areClasses(
    categories.map(({ only }) => only),
    1,
  )
  const rule: LabelRule | null = guess ?? (areGuessed ? { kind: 'category' } : null)
  const byFile = new Map(entries.map(({ file }, i) => [file, categories[i]?.largest ?? null]))
  const labelOf = await makeLabeller(rule, () => Promise.resolve(({ file }) => byFile.get(file) ?? null))
  for (const entry of entries) entry.label = labelOf(entry)
  const labels = entries.map(({ label }) => label)
  return labelNote(rule, given === undefined, labels)
}

async function categoriesOf<Entry extends PhotoEntry>(
  { entries, read }: MaskedPhotos<Entry>,
  { signal, onProgress }: DatasetContext,
): Promise<readonly Categories[]> {
  const found: Categories[] = []
  const readings = inOrderAhead(entries, nAhead, async (entry) => {
    checkAborted(signal)
    return read(entry, null)
  })
  for await (const { objects } of readings) {
    const largest = objects.reduce<PhotoObject | null>(
      (best, each) => (best === null || rleArea(each.rle) > rleArea(best.rle) ? each : best),
      null,
    )
    const names = new Set(objects.map(({ category }) => category))
    found.push({ largest: largest?.category ?? null, only: names.size === 1 ? largest!.category : null })
    onProgress({ step: 'index', done: found.length, total: entries.length })
  }
  return found
}

function eventsOf(
  file: string,
  { objects, defects }: ObjectsReading,
  { keepsDuplicates }: { readonly keepsDuplicates: boolean },
): ImportEvent[] {
  const defectAt = (place: ObjectPlace | null, defect: PlacelessDefect): ImportEvent => {
    const record = place === null ? {} : { record: { type: 'annotation', ...place } as const }
    return { kind: 'defect', defect: { ...defect, place: { file, ...record } } }
  }
  const events = defects.map(({ place, defect }) => defectAt(place, defect))
  const masks = new NumberSet()
  for (const { place, category, rle, source } of objects) {
    if (!masks.add(maskFingerprint(rle, [textFingerprint(category ?? '')])) && !keepsDuplicates) {
      events.push(defectAt(place, { kind: 'duplicate-annotation', action: 'refused', by: 'mask' }))
      continue
    }
    const facts = { category, categorySourceId: null, score: null, isCrowd: false }
    events.push({ kind: 'instance', instance: { file, ...facts, rle, source } })
  }
  return events
}
