import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { quickshift } from '#main/explainers/segmenters/quickshift.ts'
import { readNpy } from '#main/files/npy.ts'
import { hasTestData, testData } from '../builders/data-paths.ts'
import type { BenchResult, Row } from './benchmark.ts'

const photos = ['Persian_106', 'beaver_0007', 'pug_142'].map(
  (name) => `goldens/explainers/mobilenet025/${name}/photo.npy`,
)
const nRounds = 7

/**
 * Quickshift of photos of 224×224 on one core, as LIME asks for it, and beside scikit-image where `OBALEX_BENCH_PYTHON`
 * names a Python that has it. Processor time, the least of several rounds.
 */
export default async function bench(): Promise<BenchResult> {
  const name = 'quickshift, 224×224, processor time a photo'
  if (!hasTestData) return { name, rows: [], skipped: 'no test data (OBALEX_TEST_DATA)' }
  let own = 0
  for (const photo of photos) own += (await leastSeconds(testData(photo))) / photos.length
  const rows: Row[] = [{ what: 'quickshift', value: own * 1000, unit: 'ms' }]
  const python = pythonSeconds()
  if (python !== null) {
    rows.push({ what: 'quickshift, scikit-image', value: python * 1000, unit: 'ms' })
    rows.push({ what: 'scikit-image ÷ ours', value: python / own, unit: '×', budget: '≥ 5 ×' })
  }
  return { name, rows }
}

/** After two rounds in which the code gets compiled. */
async function leastSeconds(path: string): Promise<number> {
  const photo = { data: (await readNpy(path)).data as Uint8Array, width: 224, height: 224 }
  const options = { kernelSize: 4, maxDistance: 200, colourRatio: 0.2 }
  let least = Infinity
  for (let round = -2; round < nRounds; round++) {
    const start = process.cpuUsage()
    quickshift.segment(photo, options)
    const { user, system } = process.cpuUsage(start)
    if (round >= 0) least = Math.min(least, (user + system) / 1e6)
  }
  return least
}

/** Mean of the photos; null without a Python that has scikit-image. */
function pythonSeconds(): number | null {
  const python = process.env['OBALEX_BENCH_PYTHON']
  if (python === undefined) return null
  const script = join(import.meta.dirname, 'quickshift_rounds.py')
  const { stdout } = spawnSync(python, [script, `${nRounds}`, ...photos.map(testData)], { encoding: 'utf8' })
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'))
  if (lines.length !== photos.length) return null
  return lines.reduce((sum, line) => sum + (JSON.parse(line) as { cpuSeconds: number }).cpuSeconds, 0) / lines.length
}
