import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EngineClient } from '#common/contract/index.ts'
import type { Bitmap } from '#common/mask/bitmap.ts'
import { decodeRle } from '#common/mask/rle.ts'
import { applyTiles, diffTiles, encodeTiles } from '#common/mask/tile-patch.ts'
import { startComputeChild } from '#main/compute/host.ts'
import { createEngine } from '#main/engine/engine.ts'
import { writeCoco } from '../builders/dataset.ts'
import { largeSize, writeLargePhotos } from '../builders/large-photo.ts'
import { writeSmallModel } from '../builders/small-model.ts'
import type { BenchResult, Row } from './benchmark.ts'

const { width } = largeSize
const place = { image: 1, auditor: 'Ada' }

/** Reviewing a photo of 12 megapixels with one mask and four maps, asked for as a window does. */
export default async function bench(): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'obalex-bench-'))
  const engine = createEngine({ startCompute: startComputeChild, version: 'bench' })
  try {
    const client = engine.connect()
    const project = await makeProject(client, folder)
    const rows = [...(await benchPictures(client, project)), ...(await benchReviewing(client, project))]
    return { name: 'a photo of 12 megapixels with 4 maps (medians of single calls)', rows }
  } finally {
    await engine.dispose()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function makeProject(client: EngineClient, folder: string): Promise<number> {
  const images = join(folder, 'photos')
  const annotations = await writeCoco(join(folder, 'coco.json'), await writeLargePhotos(images, 1))
  const { project } = await client['project.create']({ path: join(folder, 'p.obalex') })
  await client['dataset.import']({ project, format: 'coco', images, annotations })
  const models: { path: string }[] = []
  for (const name of ['one', 'two']) {
    models.push({ path: await writeSmallModel(join(folder, name), { labels: ['cat', 'dog'], name }) })
  }
  const methods = [{ method: 'gradcam' }, { method: 'occlusion', options: { patch: 8, stride: 4 } }]
  const { job } = await client['run.start']({ project, spec: { models, methods } })
  await client['job.watch']({ project, job })
  return project
}

async function benchPictures(client: EngineClient, project: number): Promise<Row[]> {
  const tile = (level: number, column: number, row: number): Promise<unknown> =>
    client['image.tile']({ project, image: 1, level, column, row })
  const thumbnail = await time(() => client['image.thumbnail']({ project, image: 1, side: 256 }))
  const first = await time(() => tile(2, 0, 0))
  const more: number[] = []
  for (let i = 0; i < 35; i++) more.push(await time(() => tile(0, i % 7, Math.floor(i / 7))))
  return [
    { what: 'thumbnail of the photo', value: thumbnail, unit: 'ms' },
    { what: 'first tile, of level 2', value: first, unit: 'ms' },
    { what: 'a further tile', value: median(more), unit: 'ms' },
  ]
}

async function benchReviewing(client: EngineClient, project: number): Promise<Row[]> {
  const read = () => client['image.read']({ project, image: 1 })
  const [instance] = (await read()).instances
  const object = { ...place, project, instance: instance!.id }
  const reading = await times(20, read)
  let base = { revision: 0, step: null as number | null }
  const follow = async (step: Promise<{ readonly step: number }>): Promise<void> => {
    base = { revision: 0, step: (await step).step }
  }
  const painting: number[] = []
  for (const tiles of strokes(decodeRle(instance!.machine!), 60)) {
    painting.push(await time(() => follow(client['mask.paint']({ ...object, base, tool: 'brush', tiles }))))
  }
  const undoing = await times(20, () => follow(client['mask.step']({ ...object, base, direction: 'undo' })))
  const saving = await time(() => client['review.save']({ ...place, project, verdict: 'minor', reasons: ['hole'] }))
  return [
    { what: 'read the image', value: median(reading), unit: 'ms', budget: '≤ 30 ms' },
    { what: 'keep a stroke of 600 × 80 pixels', value: median(painting), unit: 'ms', budget: '≤ 20 ms' },
    { what: 'keep an undo', value: median(undoing), unit: 'ms', budget: '≤ 20 ms' },
    { what: 'save the review: a revision and 4 scores', value: saving, unit: 'ms' },
  ]
}

/** Strokes that add and remove by turns, each 600 pixels long and 80 wide. */
function strokes(mask: Bitmap, count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => {
    const within = { x: 800 + i * 20, y: 600 + ((i * 53) % 1500), width: 600, height: 80 }
    const after = { ...mask, data: mask.data.slice() }
    for (let y = within.y; y < within.y + within.height; y++) {
      after.data.fill(i % 2, y * width + within.x, y * width + within.x + within.width)
    }
    const patch = diffTiles(mask, after, within)
    applyTiles(mask, patch)
    return encodeTiles(patch)
  }).filter((tiles) => tiles.length > 0)
}

async function time(action: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await action()
  return performance.now() - start
}

async function times(count: number, action: () => Promise<unknown>): Promise<number[]> {
  const found: number[] = []
  for (let i = 0; i < count; i++) found.push(await time(action))
  return found
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!
}
