import { cpus, loadavg } from 'node:os'
import { keepsBudget, type Bench } from './benchmark.ts'
import demo from './demo.ts'
import desktop from './desktop.ts'
import explain from './explain.ts'
import importing from './import.ts'
import memory from './memory.ts'
import methods from './methods.ts'
import project from './project.ts'
import reviewing from './reviewing.ts'
import rescoring from './rescoring.ts'
import rle from './rle.ts'
import workstation from './workstation.ts'

/** `npm run bench [NAME…]`: figures and their ratios in one run; a missed budget is marked, and fails nothing. */
const benches: Readonly<Record<string, Bench>> = {
  rle,
  project,
  import: importing,
  explain,
  methods,
  reviewing,
  rescoring,
  workstation,
  desktop,
  memory,
  demo,
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !(name in benches))
if (unknown.length > 0) {
  console.error(`no benchmark ${unknown.join(', ')}; there are ${Object.keys(benches).join(', ')}`)
  process.exit(2)
}
console.log(`${cpus().length} × ${cpus()[0]?.model ?? '?'}, load ${loadavg()[0]!.toFixed(1)}, Node ${process.version}`)
for (const [id, bench] of Object.entries(benches)) {
  if (wanted.length > 0 && !wanted.includes(id)) continue
  const { name, rows, skipped } = await bench()
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
