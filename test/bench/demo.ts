import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BenchResult } from './benchmark.ts'

const entry = join(import.meta.dirname, '../../bin/obalex.mjs')

/** `obalex demo` as a process: the first time, and again when everything is there. */
export default async function bench(): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'obalex-bench-'))
  try {
    const first = await demoSeconds(folder)
    const again = await demoSeconds(folder)
    return {
      name: 'the built-in sample: 210 photos, two classifiers, every method, report',
      rows: [
        { what: 'demo, wall time', value: first, unit: 's', budget: '≤ 60 s' },
        { what: 'demo again, when everything is there', value: again, unit: 's' },
      ],
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function demoSeconds(folder: string): Promise<number> {
  const start = performance.now()
  const args = [entry, 'demo', '--dir', folder, '--headless', '--quiet']
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const [status] = (await once(child, 'exit')) as [number | null]
  if (status !== 0) throw new Error(`the demo ended with ${String(status)}`)
  return (performance.now() - start) / 1000
}
