import { mkdtemp, rename, rm } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import type { DatasetContext, ExportRequest, ExportSummary, WriteDataset } from '../dataset.ts'
import { makeFolder, TextFile, writing } from '../text-file.ts'
import { Draft } from './draft.ts'
import type { MaskList } from './mask-record.ts'
import { readCoco, readCocoResults } from './read.ts'

/** The files of a kind of export; the first one holds the images. */
const fileNames = { annotations: ['instances.json'], results: ['images.json', 'results.json'] } as const

/** Writes `instances.json`: images, masks and categories. */
export const writeCoco: WriteDataset = (request, images, context) => write('annotations', request, images, context)

/** Writes `results.json`, and `images.json` with the images and categories that it refers to. */
export const writeCocoResults: WriteDataset = (request, images, context) => write('results', request, images, context)

async function write(
  list: MaskList,
  { outDir }: ExportRequest,
  images: Parameters<WriteDataset>[1],
  context: DatasetContext,
): Promise<ExportSummary> {
  await makeFolder(outDir)
  // In the same folder, so that what is done can be renamed into place; nothing half-written stays in sight.
  const workDir = await writing(outDir, () => mkdtemp(join(outDir, '.export-')))
  try {
    const draft = await Draft.create(join(workDir, 'masks'), list)
    try {
      await draft.fill(images, context)
      const paths = fileNames[list].map((name) => join(workDir, name))
      await writeFiles(draft, list, paths)
      await compare(draft, list, paths, context)
    } finally {
      await draft.dispose()
    }
    const files = fileNames[list].map((name) => resolve(outDir, name))
    for (const file of files) await writing(file, () => rename(join(workDir, basename(file)), file))
    const { expected, nEmptyMasks } = draft
    return { files, images: expected.nImages, instances: expected.nMasks, emptyMasks: nEmptyMasks, losses: [] }
  } finally {
    await rm(workDir, { recursive: true, force: true })
  }
}

async function writeFiles(draft: Draft, list: MaskList, [imagesPath, resultsPath]: readonly string[]): Promise<void> {
  const imageIds = draft.images.map(({ id }) => id ?? draft.imageIds.give())
  const categories = draft.categories.assign()
  const images = draft.images.map(({ rest }, i) => `{"id":${JSON.stringify(imageIds[i])},${rest.slice(1)}`)
  const masks = draft.maskRecords(imageIds, categories.ids)
  await writeText(imagesPath!, async (file) => {
    await writeList(file, '{\n"images": [', images)
    await writeList(file, ',\n"annotations": [', list === 'annotations' ? masks : [])
    const records = categories.list.map((category) => JSON.stringify(category))
    await writeList(file, ',\n"categories": [', records)
    await file.write('\n}\n')
  })
  if (list === 'annotations') return
  await writeText(resultsPath!, async (file) => {
    await writeList(file, '[', masks)
    await file.write('\n')
  })
}

async function writeText(path: string, fill: (file: TextFile) => Promise<void>): Promise<void> {
  const file = await TextFile.create(path)
  try {
    await fill(file)
    await file.finish()
  } finally {
    await file.dispose()
  }
}

/** One record a line, so that a person can look into the file and a line-by-line comparison works. */
async function writeList(
  file: TextFile,
  before: string,
  records: AsyncIterable<string> | Iterable<string>,
): Promise<void> {
  await file.write(before)
  let separator = '\n'
  for await (const record of records) {
    await file.write(separator + record)
    separator = ',\n'
  }
  await file.write('\n]')
}

/** Reads what was written as an import would, and compares it mask by mask. */
async function compare(
  { expected }: Draft,
  list: MaskList,
  [annotations, predictions]: readonly string[],
  context: DatasetContext,
): Promise<void> {
  const request = {
    imagesDir: '',
    annotations: annotations!,
    ...(predictions === undefined ? {} : { predictions }),
    labels: { kind: 'filename' } as const, // any rule that needs no further pass over the file
  }
  const options = { look: expected.look(), keepsDuplicates: true }
  const read = list === 'annotations' ? readCoco : readCocoResults
  await expected.compare((own) => read(request, own, options), context)
}
