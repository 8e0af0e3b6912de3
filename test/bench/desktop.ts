import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { _electron, type Page } from '@playwright/test'
import { electronFor, electronProblem, readyProgram, startDisplay } from '../builders/electron-program.ts'
import { childOf, gone } from '../builders/processes.ts'
import type { BenchResult, Row } from './benchmark.ts'

const nRuns = 5

/** From the start of the desktop program to what a person sees, and from the death of its engine to the next answer. */
export default async function desktop(): Promise<BenchResult> {
  const name = 'the desktop window, Electron with its engine in a child of Node'
  if (electronProblem !== null) return { name, rows: [], skipped: electronProblem }
  const folder = mkdtempSync(join(tmpdir(), 'obalex-bench-'))
  const display = await startDisplay()
  try {
    const { path, args } = electronFor(await readyProgram(), folder)
    const env = {
      ...(process.env as Record<string, string>),
      ...display.env,
      OBALEX_HOME: join(folder, 'home'),
      OBALEX_ENGINE_NODE: process.execPath,
    }
    const figures: Record<'painted' | 'answered' | 'again', number[]> = { painted: [], answered: [], again: [] }
    for (let run = 0; run < nRuns; run++) {
      const start = performance.now()
      const app = await _electron.launch({ executablePath: path, args: ['--no-sandbox', ...args], env })
      const page = await app.firstWindow()
      await page.getByText('No project open').first().waitFor()
      figures.painted.push(performance.now() - start)
      await answered(page)
      figures.answered.push(performance.now() - start)

      // the first short life of an engine is answered with half a second of waiting
      const engine = childOf(app.process().pid!, 'engine-process')!
      const killed = performance.now()
      process.kill(engine, 'SIGKILL')
      await gone(engine)
      await page.getByText('Engine off').first().waitFor({ state: 'attached' })
      await answered(page)
      figures.again.push(performance.now() - killed)
      await app.close()
    }
    return { name, rows: rowsOf(figures) }
  } finally {
    await display.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Until the engine has told which runtimes it has, which needs a compute process, too. */
async function answered(page: Page): Promise<void> {
  await page.locator('footer').getByText('ONNX Runtime').waitFor()
}

function rowsOf({ painted, answered: known, again }: Record<'painted' | 'answered' | 'again', number[]>): Row[] {
  const row = (what: string, values: readonly number[], budget?: string): Row => ({
    what,
    value: Math.min(...values),
    unit: 'ms, quietest',
    note: `median ${values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!.toFixed(0)}`,
    ...(budget === undefined ? {} : { budget }),
  })
  return [
    row('start of the program to Home in its window', painted, '≤ 1500 ms'),
    row('start of the program to runtimes tested', known),
    row('engine killed to usable again', again, '≤ 2000 ms'),
  ]
}
