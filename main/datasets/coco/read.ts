import { AppError } from '#common/contract/errors.ts'
import type { DatasetContext, ImportEvent, ImportRequest } from '../dataset.ts'
import { photosIn, readPhotos, type LookAtPhoto } from '../photos.ts'
import { readCatalogue } from './catalogue.ts'
import { readInstances } from './instances.ts'
import { labelEntries } from './label-entries.ts'
import { refuseForeignResults } from './foreign-results.ts'
import type { RecordFile } from './scan-annotations.ts'

/** What an export does otherwise when it reads itself back. */
interface ReadOptions {
  /** How photos are looked at; in the folder of the request if left out. */
  readonly look?: LookAtPhoto
  /** Whether the same mask twice comes in twice. */
  readonly keepsDuplicates?: boolean
}

/**
 * Reads COCO instances. The file is passed over for its images, where labels come from categories for those, and for
 * its masks; it may be of any length.
 * @throws AppError 'request.usage' without an annotation file; 'json.format', 'file.missing', 'file.unreadable',
 * 'aborted'
 */
export async function* readCoco(
  request: ImportRequest,
  context: DatasetContext,
  options: ReadOptions = {},
): AsyncGenerator<ImportEvent> {
  const path = requireFile(request, 'annotations')
  yield* readMasks(request, context, { path, type: 'annotation' }, options)
}

/**
 * Reads COCO results: masks of a detector, whose images and categories are those of the annotation file.
 * @throws AppError 'request.usage' without annotation file and results; 'import.refused', before anything is given, if
 * the results do not belong to the images of the annotation file; 'json.format', 'file.missing', 'file.unreadable',
 * 'aborted'
 */
export async function* readCocoResults(
  request: ImportRequest,
  context: DatasetContext,
  options: ReadOptions = {},
): AsyncGenerator<ImportEvent> {
  requireFile(request, 'annotations')
  yield* readMasks(request, context, { path: requireFile(request, 'predictions'), type: 'result' }, options)
}

async function* readMasks(
  request: ImportRequest,
  context: DatasetContext,
  masks: RecordFile,
  { look: givenLook, keepsDuplicates = false }: ReadOptions,
): AsyncGenerator<ImportEvent> {
  const look = givenLook ?? (await photosIn(request.imagesDir))
  // The files that COCO gives for its test images list images without annotations; results may refer to such a one.
  const required = masks.type === 'annotation' ? (['images', 'annotations'] as const) : (['images'] as const)
  const catalogue = await readCatalogue(requireFile(request, 'annotations'), required, context)
  if (masks.type === 'result') await refuseForeignResults(catalogue, masks, context)
  const note = await labelEntries(catalogue, request.labels, context)
  for (const defect of catalogue.defects) yield { kind: 'defect', defect }
  yield { kind: 'note', note }
  yield* readPhotos(catalogue.entries, look, context, { isLabelled: note.rule !== null })
  yield* readInstances(catalogue, { ...masks, keepsDuplicates }, context)
}

function requireFile(request: ImportRequest, key: 'annotations' | 'predictions'): string {
  const path = request[key]
  if (path !== undefined) return path
  const what = { annotations: 'an annotation file', predictions: 'a file of results' }[key]
  throw new AppError('request.usage', `this format needs ${what}`, { hint: `Give it with --${key}.` })
}
