import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { rasterisePolygons } from '#common/mask/polygon.ts'
import { compressCounts } from '#common/mask/rle-string.ts'
import { rleArea } from '#common/mask/rle.ts'
import { hasTestData, testData } from '../builders/data-paths.ts'
import type { BenchResult, Row } from './benchmark.ts'

const files = ['train', 'val'].map((split) => `data/tiny-coco/tiny_coco/annotations/instances_${split}2017.json`)
const nRounds = 15

interface Outlines {
  readonly rings: readonly (readonly number[])[]
  readonly width: number
  readonly height: number
}

/** What one side needed for all outlines, and what came of it: the pixels of all masks together. */
interface Drawn {
  readonly cpuSeconds: number
  readonly n: number
  readonly area: number
}

/**
 * The outlines of tiny-coco to masks, as compressed run lengths, and beside pycocotools where `OBALEX_BENCH_PYTHON` names
 * a Python that has it. Processor time, the least of several rounds.
 */
export default function bench(): Promise<BenchResult> {
  const name = 'outlines of COCO to masks, processor time'
  if (!hasTestData) return Promise.resolve({ name, rows: [], skipped: 'no test data (OBALEX_TEST_DATA)' })
  const paths = files.map(testData)
  const own = drawAll(paths.flatMap(outlinesIn))
  const rows: Row[] = [{ what: `${own.n} masks`, value: own.cpuSeconds * 1000, unit: 'ms' }]
  const python = pythonDrawn(paths)
  if (python !== null) {
    if (python.n !== own.n || python.area !== own.area) throw new Error('the masks are not those of pycocotools')
    rows.push({ what: 'pycocotools', value: python.cpuSeconds * 1000, unit: 'ms' })
    rows.push({ what: 'pycocotools ÷ ours', value: python.cpuSeconds / own.cpuSeconds, unit: '×', budget: '≥ 1 ×' })
  }
  return Promise.resolve({ name, rows })
}

function outlinesIn(path: string): Outlines[] {
  const { images, annotations } = JSON.parse(readFileSync(path, 'utf8')) as {
    readonly images: readonly { readonly id: number; readonly width: number; readonly height: number }[]
    readonly annotations: readonly { readonly image_id: number; readonly segmentation: Outlines['rings'] | object }[]
  }
  const sizes = new Map(images.map((image) => [image.id, image]))
  return annotations.flatMap(({ image_id: id, segmentation }) => {
    const { width, height } = sizes.get(id)!
    return Array.isArray(segmentation) ? [{ rings: segmentation as Outlines['rings'], width, height }] : []
  })
}

/** After rounds in which the code gets compiled. */
function drawAll(outlines: readonly Outlines[]): Drawn {
  let cpuSeconds = Infinity
  for (let round = -5; round < nRounds; round++) {
    const start = process.cpuUsage()
    for (const { rings, width, height } of outlines) compressCounts(rasterisePolygons(rings, width, height).counts)
    const { user, system } = process.cpuUsage(start)
    if (round >= 0) cpuSeconds = Math.min(cpuSeconds, (user + system) / 1e6)
  }
  const area = outlines.reduce(
    (sum, { rings, width, height }) => sum + rleArea(rasterisePolygons(rings, width, height)),
    0,
  )
  return { cpuSeconds, n: outlines.length, area }
}

/** Null without a Python that has pycocotools. */
function pythonDrawn(paths: readonly string[]): Drawn | null {
  const python = process.env['OBALEX_BENCH_PYTHON']
  if (python === undefined) return null
  const script = join(import.meta.dirname, 'polygon_rounds.py')
  const { stdout } = spawnSync(python, [script, `${nRounds}`, ...paths], { encoding: 'utf8' })
  const line = stdout.split('\n').find((each) => each.startsWith('{'))
  return line === undefined ? null : (JSON.parse(line) as Drawn)
}
