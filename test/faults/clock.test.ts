import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { installed, startObalex, type Started } from '../builders/obalex-process.ts'
import { until } from '../builders/processes.ts'
import { countStored, readStored } from '../builders/stored-rows.ts'
import { useFolder } from '../main/engine/engine-tools.ts'
import { expectKept, expectOnce } from './killing.ts'
import { expectVerified, makeMaterial, makeProject, runOf, scoresOf, type Material } from './setting.ts'

const root = useFolder()
const preload = pathToFileURL(join(import.meta.dirname, '../fixtures/faults/clock.mjs')).href
const yearMs = 365 * 86_400_000

interface Clock {
  set(wrongByMs: number): void
  /** starts the command under this clock */
  start(args: readonly string[]): Started
}

function makeClock(folder: string): Clock {
  const file = join(folder, 'clock')
  const env = { OBALEX_TEST_CLOCK: file, NODE_OPTIONS: `--import=${preload}` }
  return {
    set: (wrongByMs) => writeFileSync(file, String(wrongByMs)),
    start: (args) => startObalex(args, { command: installed(), env }),
  }
}

interface JobTimes {
  readonly started_at: number
  readonly updated_at: number
  readonly finished_at: number
  readonly state: string
}

function jobsOf(project: string): JobTimes[] {
  const database = new Database(project, { readonly: true })
  const jobs = database.prepare<[], JobTimes>('SELECT * FROM job ORDER BY id').all()
  database.close()
  return jobs
}

function expectNoTimeNegative(project: string): void {
  for (const { started_at: start, updated_at: update, finished_at: end } of jobsOf(project)) {
    expect(update).toBeGreaterThanOrEqual(start)
    expect(end).toBeGreaterThanOrEqual(start)
  }
}

async function expectWhole(project: string, material: Material): Promise<void> {
  expectNoTimeNegative(project)
  expect(await scoresOf(project)).toHaveLength(material.photos.length)
  expectOnce(await readStored(project))
  await expectVerified(project)
}

describe('a clock that is set back', () => {
  it('between two halves of a run changes neither order nor log, and the newest backup stays the newest', async () => {
    const material = await makeMaterial(root, { perClass: 10, inputSide: 96 })
    const project = await makeProject(material)
    const clock = makeClock(material.folder)
    clock.set(yearMs)
    const first = clock.start(runOf(project, material))
    await until(() => countStored(project, 'score') > 0, { what: 'the first score' })
    first.child.kill('SIGINT')
    expect((await first.ended).status).toBe(130)
    const kept = await readStored(project)
    expect(kept.rows.score.length).toBeLessThan(material.photos.length)

    clock.set(0)
    const second = await clock.start(runOf(project, material)).ended
    expect(second.status, second.stderr).toBe(0)
    await expectKept(kept, project)
    const { audit } = await readStored(project)
    const [early, late] = [audit.find(({ at }) => at > Date.now() + yearMs / 2), audit.at(-1)!]
    expect(early!.seq).toBeLessThan(late.seq)
    expect(early!.at).toBeGreaterThan(late.at)
    await expectWhole(project, material)

    const backups = readdirSync(`${project}.backups`).sort()
    expect(backups.length).toBeLessThanOrEqual(3)
    const newest = await readStored(join(`${project}.backups`, backups.at(-1)!))
    expect(newest.rows.score).toEqual((await readStored(project)).rows.score)
  })

  it('during a run neither stops it nor makes a time negative', async () => {
    const material = await makeMaterial(root, { perClass: 10, inputSide: 128 })
    const project = await makeProject(material)
    const clock = makeClock(material.folder)
    clock.set(yearMs)
    const run = clock.start(runOf(project, material))
    await until(() => countStored(project, 'score') > 0, { what: 'the first score' })
    clock.set(-yearMs)
    const { status, stderr } = await run.ended
    expect(status, stderr).toBe(0)
    // how far it is and how long it will take
    expect(stderr).toMatch(/ of 30 \(\d+ %\)/)
    expect(stderr).not.toMatch(/-\d/)
    expect(jobsOf(project)).toMatchObject([{ state: 'done' }])
    await expectWhole(project, material)
  })
})
