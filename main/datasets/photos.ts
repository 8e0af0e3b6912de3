import { stat } from 'node:fs/promises'
import { splitFromPath, type Split } from '#common/classes/label-rules.ts'
import { AppError, type ErrorCode } from '#common/contract/errors.ts'
import { probeImage } from '#main/files/decode-image.ts'
import { resolveInside } from '#main/files/safe-path.ts'
import { inOrderAhead } from '#main/files/in-order-ahead.ts'
import { checkAborted, type DatasetContext, type ImportedImage, type ImportEvent, type JsonObject } from './dataset.ts'
import type { DefectPlace, PlacelessDefect, RecordPlace, Size } from './defects.ts'

/** An image that a dataset names; its photo is still to be looked at. */
export interface PhotoEntry {
  /** Relative to the folder of photos, `/` between folders. */
  readonly file: string
  /** The record that names it, where there is one. */
  readonly record: RecordPlace | null
  /** The size that the record gives it. */
  readonly given: Size | null
  source: JsonObject | null
  label: string | null
  /** The part of the dataset that the record or a list gives it; left out or null, its path says it. */
  readonly split?: Split | null
  /** The photo's own size, once it was looked at; null where it was left out. */
  photo: Size | null
}

/** What is known of a photo from its file. */
export type PhotoFacts = Pick<ImportedImage, 'width' | 'height' | 'sizeBytes' | 'sha256'>

/**
 * Looks at a photo: its upright size, and its hash.
 * @throws AppError 'path.outside', 'file.missing'; whatever says that it cannot be used
 */
export type LookAtPhoto = (file: string) => Promise<PhotoFacts>

/** How many photos are read at the same time: enough to keep disk and hashing busy, few enough for memory. */
const nAhead = 4

/** Failures of one photo that leave the others usable. */
const brokenCodes: ReadonlySet<ErrorCode> = new Set([
  'image.broken',
  'image.too-large',
  'file.unreadable',
  'file.format',
])

/**
 * Looks at the photos below a folder, and opens nothing outside of it.
 * @throws AppError 'file.missing' if there is no such folder
 */
export async function photosIn(folder: string): Promise<LookAtPhoto> {
  const isFolder = await stat(folder).then(
    (state) => state.isDirectory(),
    () => false,
  )
  if (!isFolder) throw new AppError('file.missing', `there is no folder ${folder}`, { hint: 'Check the path.' })
  return async (file) => probeImage(await resolveInside(folder, file))
}

/**
 * Looks at the photos of a dataset, a few at a time, and gives them in order, each after the defects that it has. Notes
 * in each entry the size that was found.
 * @param isLabelled whether a label rule is in force, so that an image without a label is a defect
 * @throws AppError 'aborted'
 */
export async function* readPhotos(
  entries: readonly PhotoEntry[],
  look: LookAtPhoto,
  { signal, onProgress }: DatasetContext,
  { isLabelled }: { readonly isLabelled: boolean },
): AsyncGenerator<ImportEvent> {
  let done = 0
  const findings = inOrderAhead(entries, nAhead, async (entry) => {
    checkAborted(signal)
    return { entry, finding: await findPhoto(entry.file, look) }
  })
  for await (const { entry, finding } of findings) {
    if ('facts' in finding) yield* eventsOfPhoto(entry, finding.facts, isLabelled)
    else yield defectOf(entry, finding.defect)
    // Not needed any more, and most of what a large dataset would hold in memory.
    entry.source = null
    onProgress({ step: 'images', done: ++done, total: entries.length })
  }
}

async function findPhoto(
  file: string,
  look: LookAtPhoto,
): Promise<{ readonly facts: PhotoFacts } | { readonly defect: PlacelessDefect }> {
  try {
    return { facts: await look(file) }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const action = 'refused'
    if (error.code === 'file.missing') return { defect: { kind: 'image-missing', action } }
    if (error.code === 'path.outside') return { defect: { kind: 'path-outside', action } }
    if (!brokenCodes.has(error.code)) throw error
    return { defect: { kind: 'image-broken', action, reason: error.message.replace(/\.$/, '') } }
  }
}

function eventsOfPhoto(entry: PhotoEntry, facts: PhotoFacts, isLabelled: boolean): ImportEvent[] {
  const { file, given, label, source, split } = entry
  const own = [facts.width, facts.height] as const
  entry.photo = own
  const events: ImportEvent[] = []
  if (given !== null && (given[0] !== own[0] || given[1] !== own[1])) {
    events.push(defectOf(entry, { kind: 'size-mismatch', action: 'repaired', given, own }))
  }
  if (isLabelled && label === null) events.push(defectOf(entry, { kind: 'label-missing', action: 'kept' }))
  const { width, height, sizeBytes, sha256 } = facts
  const image = { file, width, height, sizeBytes, sha256, label, split: split ?? splitFromPath(file), source }
  return [...events, { kind: 'image', image }]
}

function defectOf({ file, record }: PhotoEntry, defect: PlacelessDefect): ImportEvent {
  const place: DefectPlace = record === null ? { file } : { file, record }
  return { kind: 'defect', defect: { ...defect, place } }
}
