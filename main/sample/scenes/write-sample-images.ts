import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { AppError } from '#common/contract/errors.ts'
import { writeAside } from '#main/files/write-aside.ts'
import type { ClassName } from './creatures/creatures.ts'
import { drawInThreads } from './draw-in-threads.ts'
import type { SceneRecord } from './draw-worker.ts'
import { ownBackground, planScenes, type PlannedScene, type SplitPlan } from './sample-plan.ts'

/** Its version goes up whenever a scene looks different from before. */
const origin = { description: 'Scenes drawn by ObAlEx Workstation', version: 1 }

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
 * every machine; the PNG files may be packed otherwise by another version of the packing library. Where the folder has
 * the very same sample already, it stays as it is.
 * @param folder made if it is not there; files of these names are replaced
 * @throws AppError 'file.unwritable', 'aborted'
 */
export async function writeSampleImages(
  folder: string,
  { seed, plan, signal, onProgress }: WriteOptions,
): Promise<WrittenSample> {
  const scenes = planScenes(seed, plan)
  const annotations = join(folder, 'instances.json')
  const photos = scenes.map(({ file }) => join(folder, file))
  const info = { ...origin, seed, split: plan.split, correlation: plan.correlation }
  if (await isWritten(annotations, info, scenes.length)) return { annotations, photos }
  await makeFolders(folder)
  let done = 0
  onProgress?.(done, scenes.length)
  const requests = scenes.map((scene, i) => ({ scene, path: photos[i]! }))
  const records = await drawInThreads(requests, { signal, onDrawn: () => onProgress?.(++done, scenes.length) })
  await writeAside(annotations, JSON.stringify({ info, ...cocoRecords(scenes, records) }))
  return { annotations, photos }
}

/** Whether an earlier call has drawn the same: the annotation file was its last one. */
async function isWritten(annotations: string, info: object, nImages: number): Promise<boolean> {
  try {
    const known = JSON.parse(await readFile(annotations, 'utf8')) as { info?: object; images?: unknown[] }
    return isDeepStrictEqual(known.info, info) && known.images?.length === nImages
  } catch {
    return false // none is there, or none that can be read
  }
}

async function makeFolders(folder: string): Promise<void> {
  try {
    for (const { name } of categories) await mkdir(join(folder, name), { recursive: true })
  } catch (cause) {
    const message = `${folder} cannot be made: ${(cause as Error).message}`
    throw new AppError('file.unwritable', message, { hint: 'Choose another place.', data: { path: folder }, cause })
  }
}

function cocoRecords(scenes: readonly PlannedScene[], records: readonly SceneRecord[]): object {
  const images = records.map(({ objects: _, ...facts }, i) => ({ id: i + 1, file_name: scenes[i]!.file, ...facts }))
  const annotations = records.flatMap(({ objects }, i) => {
    const category_id = categories.find(({ name }) => name === scenes[i]!.className)!.id
    return objects.map((object) => ({ image_id: i + 1, category_id, iscrowd: 0, ...object }))
  })
  return { images, categories, annotations: annotations.map((annotation, i) => ({ id: i + 1, ...annotation })) }
}
