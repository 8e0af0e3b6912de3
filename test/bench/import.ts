import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { coco } from '#main/datasets/coco.ts'
import { quietContext, writeJson, writePhoto } from '../main/datasets/dataset-tools.ts'
import type { BenchResult, Row } from './benchmark.ts'

const nPhotos = 200
const small = { size: [64, 48], outlineOf: outline } as const
const large = { size: [640, 480], outlineOf: largeOutline } as const
const nLarge = 100_000

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** The i-th outline: 30 points around an ellipse, another one for each i; about the length of COCO's outlines. */
function outline(i: number): number[] {
  const [x, y] = [8 + ((i * 7) % 48), 6 + ((i * 11) % 36)]
  const [rx, ry] = [3 + (i % 5), 2 + (i % 4)]
  return Array.from({ length: 60 }, (_, k) => {
    const angle = ((k >> 1) / 30) * 2 * Math.PI
    const value = k % 2 === 0 ? x + (rx + (i % 997) / 1000) * Math.cos(angle) : y + ry * Math.sin(angle)
    return Math.round(value * 100) / 100
  })
}

/** The same on photos of the size of COCO's, where no two give the same mask. */
function largeOutline(i: number): number[] {
  const [x, y] = [80 + ((i * 7.31) % 480), 60 + ((i * 11.7) % 360)]
  const [rx, ry] = [20 + ((i * 1.7) % 50), 20 + ((i * 2.3) % 35)]
  return Array.from({ length: 60 }, (_, k) => {
    const angle = ((k >> 1) / 30) * 2 * Math.PI
    return Math.round((k % 2 === 0 ? x + rx * Math.cos(angle) : y + ry * Math.sin(angle)) * 100) / 100
  })
}

/** Writes an annotation file with n outlines over the photos; gives its path. */
function writeAnnotations(
  folder: string,
  n: number,
  { outlineOf, size: [width, height] }: { outlineOf: (i: number) => number[]; size: readonly [number, number] } = small,
): string {
  const images = Array.from({ length: nPhotos }, (_, id) => ({ id, file_name: `${id}.png`, width, height }))
  const annotations = Array.from({ length: n }, (_, id) => ({
    id,
    image_id: id % nPhotos,
    category_id: 1 + (id % 80),
    segmentation: [outlineOf(id)],
    iscrowd: 0,
  }))
  const categories = Array.from({ length: 80 }, (_, i) => ({ id: i + 1, name: `class ${i + 1}` }))
  return writeJson(folder, `${n}.json`, { images, annotations, categories })
}

/** What is still needed (bytes); buffers are freed some time after the collection that finds them. */
async function heldMemory(): Promise<{ heap: number; buffers: number }> {
  for (let i = 0; i < 3; i++) {
    collectGarbage()
    await setImmediate()
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return { heap: heapUsed, buffers: arrayBuffers }
}

/** Reads all; gives seconds, those for the masks alone, and the memory that is held at the last mask (bytes). */
async function read(imagesDir: string, annotations: string, isMemoryWanted = false) {
  const before = await heldMemory()
  const started = performance.now()
  let masksStarted = started
  let nMasks = 0
  let held = { heap: 0, buffers: 0 }
  const labels = { kind: 'filename' } as const
  const nAll = Number(/(\d+)\.json$/.exec(annotations)![1])
  for await (const event of coco.read!({ imagesDir, annotations, labels }, quietContext())) {
    if (event.kind === 'image') masksStarted = performance.now()
    if (event.kind === 'instance') nMasks++
    if (event.kind === 'defect' && event.defect.kind === 'duplicate-annotation') nMasks++
    if (!isMemoryWanted || nMasks < nAll || held.heap !== 0) continue
    const now = await heldMemory()
    held = { heap: now.heap - before.heap, buffers: now.buffers - before.buffers }
  }
  if (nMasks !== nAll) throw new Error(`${nMasks} masks of ${nAll} came`)
  const ended = performance.now()
  return { seconds: (ended - started) / 1000, maskSeconds: (ended - masksStarted) / 1000, held }
}

function secondsToParse(path: string): number {
  const started = performance.now()
  JSON.parse(readFileSync(path, 'utf8'))
  return (performance.now() - started) / 1000
}

/** A whole import in a process of its own. */
async function importLarge(folder: string): Promise<Row[]> {
  const photos = join(folder, 'large')
  for (let i = 0; i < nPhotos; i++) await writePhoto(photos, `${i}.png`, ...large.size)
  const program = join(import.meta.dirname, 'import-project.ts')
  const args = [join(folder, 'large.obalex'), 'coco', photos, writeAnnotations(folder, nLarge, large)]
  const stdout = execFileSync(process.execPath, [program, ...args], { encoding: 'utf8' })
  const result = JSON.parse(stdout) as Record<'masks' | 'seconds' | 'cpuSeconds' | 'peakBytes', number>
  if (result.masks !== nLarge) throw new Error(`${result.masks} masks of ${nLarge} came in`)
  const what = '100,000 annotations into a project'
  return [
    { what, value: result.seconds, unit: 's', budget: '≤ 15 s' },
    { what: `${what}, processor time`, value: result.cpuSeconds, unit: 's' },
    { what: `${what}, memory at its peak`, value: result.peakBytes / 1e6, unit: 'MB', budget: '≤ 600 MB' },
  ]
}

/** Reading COCO instances against `JSON.parse` of the same file, and what is held in memory as the file grows. */
export default async function bench(): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'obalex-bench-'))
  try {
    for (let i = 0; i < nPhotos; i++) await writePhoto(folder, `${i}.png`, ...small.size)
    const path = writeAnnotations(folder, 10_000)
    const sizeMb = readFileSync(path).length / 1e6
    const runs = [await read(folder, path), await read(folder, path), await read(folder, path)]
    const seconds = Math.min(...runs.map((run) => run.seconds))
    const maskSeconds = Math.min(...runs.map((run) => run.maskSeconds))
    const parseSeconds = Math.min(...[1, 2, 3].map(() => secondsToParse(path)))
    const sizes = [2_000, 10_000, 50_000] as const
    const held: { heap: number; buffers: number }[] = []
    for (const n of sizes) held.push((await read(folder, writeAnnotations(folder, n), true)).held)
    // from the second to the third: less than one batch of annotations is in memory at the first
    const slope = (key: 'heap' | 'buffers') => (held[2]![key] - held[1]![key]) / (sizes[2] - sizes[1])
    const rows: Row[] = [
      { what: `read 10,000 annotations, ${nPhotos} photos`, value: seconds, unit: 's' },
      { what: 'annotations, photos left aside', value: 10_000 / maskSeconds, unit: '/s' },
      { what: 'annotations, photos left aside', value: sizeMb / maskSeconds, unit: 'MB/s' },
      { what: 'JSON.parse of the file alone', value: parseSeconds, unit: 's' },
      { what: 'annotations, photos left aside ÷ JSON.parse', value: maskSeconds / parseSeconds, unit: '×' },
      ...sizes.map((n, i) => ({ what: `heap held after ${n} annotations`, value: held[i]!.heap / 1000, unit: 'kB' })),
      { what: 'heap held per 1,000 annotations', value: slope('heap'), unit: 'kB', budget: '≤ 2 kB' },
      { what: 'set of masks per 1,000 annotations', value: slope('buffers'), unit: 'kB', budget: '≤ 64 kB' },
      ...(await importLarge(folder)),
    ]
    return { name: 'import of COCO instances', rows }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
