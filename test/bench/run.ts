import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { keepsBudget, type Bench, type BenchResult } from './benchmark.ts'
import baseline from './baseline.ts'
import classify from './classify.ts'
import demo from './demo.ts'
import desktop from './desktop.ts'
import detect from './detect.ts'
import explain from './explain.ts'
import growth from './growth.ts'
import importing from './import.ts'
import memory from './memory.ts'
import methods from './methods.ts'
import polygons from './polygons.ts'
import project from './project.ts'
import quickshift from './quickshift.ts'
import reviewing from './reviewing.ts'
import rescoring from './rescoring.ts'
import rle from './rle.ts'
import runtimes from './runtimes.ts'
import workstation from './workstation.ts'

/**
 * `npm run bench [NAME…]`: figures and their ratios in one run; a missed budget is marked, and fails nothing. `--json`
 * prints one JSON document by name, `--list` the names.
 */
const benches: Readonly<Record<string, Bench>> = {
  runtimes,
  classify,
  detect,
  rle,
  polygons,
  project,
  import: importing,
  explain,
  methods,
  baseline,
  growth,
  quickshift,
  reviewing,
  rescoring,
  workstation,
  desktop,
  memory,
  demo,
}

const { values: options, positionals: wanted } = parseArgs({
  options: { json: { type: 'boolean', default: false }, list: { type: 'boolean', default: false } },
  allowPositionals: true,
})
const unknown = wanted.filter((name) => !(name in benches))
if (unknown.length > 0) {
  console.error(`no benchmark ${unknown.join(', ')}; there are ${Object.keys(benches).join(', ')}`)
  process.exit(2)
}
if (options.list) {
  console.log(JSON.stringify(Object.keys(benches)))
  process.exit(0)
}
const asked = Object.keys(benches).filter((id) => wanted.length === 0 || wanted.includes(id))
if (options.json) {
  const results: Record<string, BenchResult> = {}
  for (const id of asked) results[id] = await benches[id]!()
  console.log(JSON.stringify(results, null, 2))
  process.exit(0)
}
console.log(`${cpus().length} × ${cpus()[0]?.model ?? '?'}, load ${loadavg()[0]!.toFixed(1)}, Node ${process.version}`)
for (const id of asked) {
  const { name, rows, skipped } = await benches[id]!()
  console.log(`\n${id}: ${name}`)
  if (skipped !== undefined) console.log(`  skipped: ${skipped}`)
  for (const row of rows) {
    const isKept = keepsBudget(row)
    const budget = row.budget === undefined ? '' : `  budget ${row.budget}${isKept === false ? '  MISSED' : ''}`
    const note = row.note === undefined ? '' : `  (${row.note})`
    console.log(
      `  ${row.what.padEnd(56)} ${row.value.toPrecision(4).padStart(9)} ${row.unit.padEnd(12)}${budget}${note}`,
    )
  }
}
