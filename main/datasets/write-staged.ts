import { resolve } from 'node:path'
import { checkAborted, type DatasetContext, type ExportedImage, type WriteDataset } from './dataset.ts'
import { StagedFiles } from './staged-files.ts'
import type { WrittenMasks } from './written-masks.ts'

/** The files of an export while they lie aside, photo by photo. */
export interface StagedDataset {
  readonly written: WrittenMasks
  /** the one that it writes, by its name; left out: it writes many */
  readonly file?: string
  /** @throws AppError 'file.exists', 'shape.mismatch', 'export.differs', 'file.unwritable' */
  add(image: ExportedImage): Promise<void>
  /** Writes what is known only when all photos came by. */
  addLists?(signal: AbortSignal): Promise<void>
  /** Reads what was written as an import would, and compares it mask by mask. @throws AppError 'export.differs' */
  compare(context: DatasetContext): Promise<void>
  /** Removes what it has beside its files. */
  dispose?(): Promise<void>
}

/**
 * Writes the files of a dataset aside, reads them back, compares, and brings them to their place: all of them, or none.
 * @param hint what to do where a file is there already
 */
export function stagedWriter(
  hint: string,
  begin: (files: StagedFiles) => StagedDataset | Promise<StagedDataset>,
): WriteDataset {
  return async ({ outDir }, images, context) => {
    const files = await StagedFiles.create(outDir, hint)
    try {
      const dataset = await begin(files)
      try {
        for await (const image of images) {
          checkAborted(context.signal)
          await dataset.add(image)
          context.onProgress({ step: 'images', done: dataset.written.photos.length, total: null })
        }
        await dataset.addLists?.(context.signal)
      } finally {
        await dataset.dispose?.()
      }
      await dataset.compare(context)
      await files.moveIntoPlace()
      return dataset.written.summary(resolve(outDir, dataset.file ?? ''))
    } finally {
      await files.dispose()
    }
  }
}
