import { labelFromFolder } from '#common/classes/label-rules.ts'
import { AppError } from '#common/contract/errors.ts'
import { listImages } from '#main/files/list-images.ts'
import { readMatFile, type MatVariables } from '#main/files/matlab.ts'
import { resolveInside } from '#main/files/safe-path.ts'
import { checkAborted, type DatasetContext, type ImportEvent, type ImportRequest } from '../dataset.ts'
import type { DefectPlace, PlacelessDefect, Size } from '../defects.ts'
import { readPhotoFiles } from '../photo-folder.ts'
import { readOutline } from './annotation.ts'
import { pairAnnotations, type AnnotationFile } from './annotation-files.ts'

const byFolder = { kind: 'folder' } as const

/**
 * Reads Caltech 101: `annotations` is the folder of the MATLAB files. Labels and categories are the names of the photos'
 * folders in the singular, as those of an image folder.
 * @throws AppError 'request.usage' without a folder of annotations; 'import.refused' where it does not belong to the
 * photos; 'file.missing', 'file.unreadable', 'aborted'
 */
export async function* readCaltech101(request: ImportRequest, context: DatasetContext): AsyncGenerator<ImportEvent> {
  const { imagesDir, annotations } = request
  if (annotations === undefined) {
    throw new AppError('request.usage', 'this format needs a folder of annotations', {
      hint: 'Give it with --annotations.',
    })
  }
  const photos = await listImages(imagesDir)
  const { files, without } = await pairAnnotations(annotations, photos)
  const sizes = new Map<string, Size>()
  // a category is a folder here
  const labelled = request.labels?.kind === 'category' ? { ...request, labels: byFolder } : request
  for await (const event of readPhotoFiles(photos, labelled, byFolder, context)) {
    yield event
    if (event.kind !== 'image') continue
    const { file, width, height } = event.image
    sizes.set(file, [width, height])
    if (without.has(file)) yield defectAt({ file }, { kind: 'no-segmentation', action: 'kept' })
  }
  for (const [index, file] of files.entries()) {
    checkAborted(context.signal)
    const photo = file.photo === null ? null : (sizes.get(file.photo) ?? 'left-out')
    yield* await readAnnotation({ folder: annotations, file, index }, photo)
    context.onProgress({ step: 'instances', done: index + 1, total: files.length })
  }
}

async function readAnnotation(
  { folder, file: { path, photoName }, index }: { folder: string; file: AnnotationFile; index: number },
  photo: Size | 'left-out' | null,
): Promise<ImportEvent[]> {
  const place = { file: photoName, record: { type: 'annotation', index, id: path } } as const
  if (photo === null) return [defectAt(place, { kind: 'image-missing', action: 'refused' })]
  if (photo === 'left-out') return [defectAt(place, { kind: 'image-left-out', action: 'refused' })]
  const variables = await readVariables(folder, path)
  if (typeof variables === 'string') {
    return [defectAt(place, { kind: 'record-invalid', action: 'refused', reason: variables })]
  }
  const { rle, defects, source } = readOutline(variables, photo)
  const events = defects.map((defect) => defectAt(place, defect))
  if (rle === null) return events
  const facts = { category: labelFromFolder(photoName), categorySourceId: null, score: null, isCrowd: false }
  return [...events, { kind: 'instance', instance: { file: photoName, ...facts, rle, source } }]
}

/** The variables of a file, or why there are none. */
async function readVariables(folder: string, path: string): Promise<MatVariables | string> {
  try {
    return await readMatFile(await resolveInside(folder, path))
  } catch (error) {
    if (error instanceof AppError) return error.message.replace(/\.$/, '')
    throw error
  }
}

function defectAt(place: DefectPlace, defect: PlacelessDefect): ImportEvent {
  return { kind: 'defect', defect: { ...defect, place } }
}
