import type { LabelRule } from '#common/classes/label-rules.ts'
import { listImages } from '#main/files/list-images.ts'
import type { DatasetContext, ImportEvent, ImportRequest } from './dataset.ts'
import { labelNote, makeLabeller } from './labels.ts'
import { photosIn, readPhotos, type PhotoEntry } from './photos.ts'

/**
 * Reads all photos below a folder, in the order of their paths.
 * @param defaultRule where labels come from if the request does not say
 * @throws AppError 'file.missing' without such a folder; 'request.usage' for a rule that needs annotations; 'aborted'
 */
export async function* readPhotoFolder(
  request: ImportRequest,
  defaultRule: LabelRule,
  context: DatasetContext,
): AsyncGenerator<ImportEvent> {
  yield* readPhotoFiles(await listImages(request.imagesDir), request, defaultRule, context)
}

/** The same for photos that were listed before. */
export async function* readPhotoFiles(
  files: readonly string[],
  request: ImportRequest,
  defaultRule: LabelRule,
  context: DatasetContext,
): AsyncGenerator<ImportEvent> {
  const look = await photosIn(request.imagesDir)
  const rule = request.labels ?? defaultRule
  const labelOf = await makeLabeller(rule)
  const entries = files.map((file): PhotoEntry => {
    return { file, record: null, given: null, source: null, label: labelOf({ file, source: null }), photo: null }
  })
  const labels = entries.map(({ label }) => label)
  yield { kind: 'note', note: labelNote(rule, false, labels) }
  yield* readPhotos(entries, look, context, { isLabelled: true })
}
