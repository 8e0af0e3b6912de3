import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '#common/contract/errors.ts'
import { encodeRle, rleArea, rleBbox } from '#common/mask/rle.ts'
import { compressCounts } from '#common/mask/rle-string.ts'
import { formatPng } from '#main/files/png.ts'
import { writeAside } from '#main/files/write-aside.ts'
import type { ClassName } from './creatures/creatures.ts'
import { ownBackground, planScenes, type PlannedScene, type SplitPlan } from './sample-plan.ts'
import { drawScene, type Scene } from './scene.ts'

/** Goes up whenever a scene looks different from before. */
const version = 1

const categories = (Object.keys(ownBackground) as ClassName[]).map((name, i) => ({ id: i + 1, name }))

/** What was written. */
export interface WrittenSample {
  /** The COCO instances file. */
  readonly annotations: string
  /** Absolute or relative as the folder was, in the order of the plan. */
  readonly photos: readonly string[]
}

interface WriteOptions {
  readonly seed: number
  readonly plan: SplitPlan
  readonly signal?: AbortSignal
  readonly onProgress?: (done: number, total: number) => void
}

/**
 * Draws the scenes of a split and writes them as PNG photos, a folder a class, and `instances.json` (COCO) with the
 * exact masks beside them. The annotation file comes last: where it is, everything is. Pixels and masks are the same on
 * every machine; the PNG files may be packed otherwise by another version of the packing library.
 * @param folder made if it is not there; files of these names are replaced
 * @throws AppError 'file.unwritable', 'aborted'
 */
export async function writeSampleImages(
  folder: string,
  { seed, plan, signal, onProgress }: WriteOptions,
): Promise<WrittenSample> {
  const scenes = planScenes(seed, plan)
  await makeFolders(folder)
  const document = emptyDocument(seed, plan)
  // one photo is packed and written while the next one is drawn
  let writing: Promise<void> = Promise.resolve()
  try {
    for (const [done, planned] of scenes.entries()) {
      if (signal?.aborted === true) throw new AppError('aborted', 'the work was cancelled')
      const scene = drawScene(planned)
      addRecords(document, planned, scene)
      await writing
      onProgress?.(done, scenes.length)
      writing = writePhoto(join(folder, planned.file), scene)
    }
    await writing
  } finally {
    await writing.catch(() => undefined)
  }
  const annotations = join(folder, 'instances.json')
  await writeAside(annotations, JSON.stringify(document))
  onProgress?.(scenes.length, scenes.length)
  return { annotations, photos: scenes.map(({ file }) => join(folder, file)) }
}

async function makeFolders(folder: string): Promise<void> {
  try {
    for (const { name } of categories) await mkdir(join(folder, name), { recursive: true })
  } catch (cause) {
    const message = `${folder} cannot be made: ${(cause as Error).message}`
    throw new AppError('file.unwritable', message, { hint: 'Choose another place.', data: { path: folder }, cause })
  }
}

async function writePhoto(path: string, { rgb }: Scene): Promise<void> {
  await writeAside(path, await formatPng(rgb))
}

interface Document {
  readonly info: object
  readonly images: object[]
  readonly categories: typeof categories
  readonly annotations: object[]
}

function emptyDocument(seed: number, { split, correlation }: SplitPlan): Document {
  const description = 'Scenes drawn by ObAlEx Workstation'
  return { info: { description, version, seed, split, correlation }, images: [], categories, annotations: [] }
}

function addRecords({ images, annotations }: Document, { file, className }: PlannedScene, scene: Scene): void {
  const { rgb, masks, facts } = scene
  const imageId = images.length + 1
  const { background, weather } = facts
  images.push({ id: imageId, file_name: file, width: rgb.width, height: rgb.height, background, weather })
  for (const [i, { bitmap }] of masks.entries()) {
    const rle = encodeRle(bitmap)
    annotations.push({
      id: annotations.length + 1,
      image_id: imageId,
      category_id: categories.find(({ name }) => name === className)!.id,
      segmentation: { size: [rle.height, rle.width], counts: compressCounts(rle.counts) },
      area: rleArea(rle),
      bbox: rleBbox(rle),
      iscrowd: 0,
      hidden: Math.round(1000 * facts.objects[i]!.hidden) / 1000,
    })
  }
}
