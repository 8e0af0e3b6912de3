import { join } from 'node:path'
import type { EngineClient } from '#common/contract/index.ts'
import type { JournalBase, ReviewedImage } from '#common/contract/procedures/reviewing.ts'
import type { Bitmap } from '#common/mask/bitmap.ts'
import { decodeRle } from '#common/mask/rle.ts'
import { replayJournal } from '#common/mask/stroke-journal.ts'
import { applyTiles, decodeTiles, diffTiles, encodeTiles } from '#common/mask/tile-patch.ts'
import { writeSmallModel } from '../../builders/small-model.ts'
import { folderIn } from './engine-tools.ts'
import { gradcam, occlusion, runToEnd, setUpRun, specOf, type RunSetting } from './run-tools.ts'

/** A project with six photos, their masks, and what two methods make of them. */
export interface ReviewSetting extends RunSetting {
  readonly model: string
}

export async function setUpReview(client: EngineClient, root: string): Promise<ReviewSetting> {
  const setting = await setUpRun(client, root)
  const model = await writeSmallModel(join(folderIn(root), 'model'), { labels: ['cat', 'dog', 'bird'] })
  await runToEnd(client, setting.project, specOf(model, { methods: [gradcam, occlusion] }))
  return { ...setting, model }
}

/** Where an object is, in a project that is open. */
export interface Place {
  readonly project: number
  readonly image: number
  readonly instance: number
}

/** The first object of an image. */
export async function firstObject(
  client: EngineClient,
  { project }: { readonly project: number },
  image = 1,
): Promise<Place> {
  const { instances } = await client['image.read']({ project, image })
  return { project, image, instance: instances[0]!.id }
}

/** The mask that is worked on, as the page makes it of what it is told. */
export function workingMask({ instances }: ReviewedImage, id: number): Bitmap {
  const { machine, correction, journal } = instances.find((instance) => instance.id === id)!
  const bitmap = decodeRle(correction ?? machine!)
  for (const { tiles } of replayJournal(journal).applied) applyTiles(bitmap, decodeTiles(tiles, bitmap))
  return bitmap
}

/** What names the image of an object in a call. */
export function imageOf({ project, image }: Place): { readonly project: number; readonly image: number } {
  return { project, image }
}

export async function readMask(client: EngineClient, { project, image, instance }: Place): Promise<Bitmap> {
  return workingMask(await client['image.read']({ project, image }), instance)
}

/** Inverts a square of a mask. */
export function invertSquare({ width, height, data }: Bitmap, x0: number, y0: number, side = 6): Bitmap {
  const after = data.slice()
  for (let y = y0; y < Math.min(height, y0 + side); y++) {
    for (let x = x0; x < Math.min(width, x0 + side); x++) after[y * width + x]! ^= 1
  }
  return { width, height, data: after }
}

/** What the n-th stroke of a long painting makes of a mask. */
export function squareOfTurn(mask: Bitmap, turn: number): Bitmap {
  return invertSquare(mask, (turn * 7) % 40, (turn * 5) % 30, 13)
}

/** Where an object's journal stands. */
export async function baseOf(client: EngineClient, { project, image, instance }: Place): Promise<JournalBase> {
  const { instances } = await client['image.read']({ project, image })
  const { revision, journal } = instances.find(({ id }) => id === instance)!
  return { revision, step: journal.at(-1)?.id ?? null }
}

/** Paints a stroke that inverts a square; gives the mask that a person then sees. */
export async function paintSquare(client: EngineClient, place: Place, x: number, y: number): Promise<Bitmap> {
  const before = await readMask(client, place)
  const after = invertSquare(before, x, y)
  const tiles = encodeTiles(diffTiles(before, after))
  await client['mask.paint']({ ...place, base: await baseOf(client, place), auditor: 'Ada', tool: 'brush', tiles })
  return after
}

export async function step(client: EngineClient, place: Place, direction: 'undo' | 'redo'): Promise<{ step: number }> {
  return client['mask.step']({ ...place, base: await baseOf(client, place), auditor: 'Ada', direction })
}
