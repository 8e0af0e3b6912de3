import { relative, resolve } from 'node:path'
import { dirname, join, normalize } from 'node:path/posix'
import { isAbsoluteName, type PhotoName } from '../photo-finder.ts'
import type { LabelmeDocument } from './document.ts'

/** The folders of a dataset, absolute, and the photos that there are, relative to theirs. */
export interface PhotoFolders {
  readonly imagesDir: string
  readonly annotationsDir: string
  readonly photos: readonly string[]
}

/**
 * Where the photo of a LabelMe file may be: where `imagePath` leads from the file; else in the folder of photos at the
 * place that the file has in its own.
 * @param file of the document, relative to the folder of annotations
 */
export function photoOf(
  file: string,
  { imagePath, hasImageData }: LabelmeDocument,
  { imagesDir, annotationsDir }: PhotoFolders,
): PhotoName {
  const name = imagePath.replaceAll('\\', '/')
  const isUsable = !isAbsoluteName(name) && !name.includes('\0')
  const beside = isUsable ? relative(imagesDir, resolve(annotationsDir, dirname(file), name)).replaceAll('\\', '/') : ''
  const mirrored = normalize(join(dirname(file), name))
  return { name, places: isUsable ? [beside, mirrored] : [], isEmbedded: hasImageData }
}
