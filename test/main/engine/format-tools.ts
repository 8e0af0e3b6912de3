import { join } from 'node:path'
import { expect } from 'vitest'
import type { EngineClient } from '#common/contract/index.ts'
import { makePhotos, maskOf, shiftMask, writeCoco, type Photo } from '../../builders/dataset.ts'
import { folderIn, masksIn, newProject } from './engine-tools.ts'

/** Six photos with a mask each that came into a project. */
export interface FormatSetting {
  readonly folder: string
  readonly images: string
  readonly photos: readonly Photo[]
  readonly project: number
  readonly path: string
}

/** What of an export an import reads: `annotations.xml`; '' for its folder. */
interface OfFormat {
  readonly format: string
  readonly written: string
}

/**
 * Writes a project's masks, and reads them into another project, where they are the same, and again into their own,
 * which knows them.
 * @returns what was written
 */
export async function comesBack(
  client: EngineClient,
  { folder, images, photos, project, path }: FormatSetting,
  { format, written }: OfFormat,
): Promise<readonly string[]> {
  const out = join(folder, 'out')
  const { files, ...counts } = await client['dataset.export']({ project, format, masks: 'final', out })
  expect(counts).toEqual({ images: 6, instances: 6, emptyMasks: 0, losses: [] })
  const copy = join(folder, 'b.obalex')
  const other = await newProject(client, copy)
  const annotations = join(out, written)
  await client['dataset.import']({ project: other, format, images, annotations })
  const masks = await masksIn(path)
  expect(masks).toHaveLength(photos.length)
  expect(await masksIn(copy)).toEqual(masks)
  const again = await client['dataset.import']({ project, format, images, annotations })
  expect(again).toMatchObject({ images: { new: 0, known: 6 }, instances: { new: 0, known: 6 } })
  return files
}

/** Corrects the mask of the second photo, and exports what there is then. */
export async function exportCorrected(
  client: EngineClient,
  { folder, images, photos, project }: FormatSetting,
  format: string,
): Promise<{ readonly out: string; readonly second: Photo; readonly corrected: Photo['mask'] }> {
  const second = photos[1]!
  const corrected = shiftMask(second.mask, 3, 2)
  const coco = await writeCoco(join(folder, 'fix.json'), [second], { maskOf: () => corrected })
  const request = { project, format: 'coco', images, annotations: coco, as: 'correction', auditor: 'Ada' } as const
  await client['dataset.import'](request)
  const out = join(folder, 'out')
  await client['dataset.export']({ project, format, masks: 'final', out })
  return { out, second, corrected }
}

/**
 * Brings masks with a hole each from COCO through a format, and checks that they come back as they were.
 * @returns what the format could not hold
 */
export async function holesComeBack(client: EngineClient, root: string, { format, written }: OfFormat) {
  const folder = folderIn(root)
  const images = join(folder, 'photos')
  const photos = await makePhotos(images)
  const ring = maskOf(48, 40, (x, y) => x > 4 && x < 20 && y > 4 && y < 20 && !(x > 8 && x < 12 && y > 8 && y < 12))
  const annotations = await writeCoco(join(folder, 'coco.json'), photos, { maskOf: () => ring })
  const project = await newProject(client, join(folder, 'a.obalex'))
  await client['dataset.import']({ project, format: 'coco', images, annotations })
  const out = join(folder, 'out')
  const { losses } = await client['dataset.export']({ project, format, masks: 'final', out })
  const copy = join(folder, 'b.obalex')
  const other = await newProject(client, copy)
  await client['dataset.import']({ project: other, format, images, annotations: join(out, written) })
  const found = await masksIn(copy)
  expect(found.map(({ masks }) => masks.map(({ data }) => data))).toEqual(photos.map(() => [ring.data]))
  return losses
}
