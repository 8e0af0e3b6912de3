import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { beforeAll, describe, expect, it } from 'vitest'
import { installed, startObalex, type Ended } from '../builders/obalex-process.ts'
import { childOf, gone, until } from '../builders/processes.ts'
import { countStored, lostRows, readStored } from '../builders/stored-rows.ts'
import { obalexJson } from '../main/cli/run-cli.ts'
import { folderIn, useFolder } from '../main/engine/engine-tools.ts'
import { expectOnce } from './killing.ts'
import { expectRefused, expectVerified, importOf, makeMaterial, makeProject, runOf, type Material } from './setting.ts'

const root = useFolder()
let material: Material
let scored: string

beforeAll(async () => {
  material = await makeMaterial(root, { perClass: 4, inputSide: 96 })
  scored = await makeProject(material)
  await obalexJson(runOf(scored, material))
})

const start = (args: readonly string[]): Promise<Ended> =>
  startObalex([...args, '--quiet'], { command: installed() }).ended

/** A copy of a project that has been run, with its rolling backups. */
function copyOf(project: string): { copy: string; backup: string } {
  const copy = join(folderIn(root), 'p.obalex')
  copyFileSync(project, copy)
  mkdirSync(`${copy}.backups`)
  const backups = readdirSync(`${project}.backups`).sort()
  for (const name of backups) copyFileSync(join(`${project}.backups`, name), join(`${copy}.backups`, name))
  return { copy, backup: join(`${copy}.backups`, backups.at(-1)!) }
}

/** Writes over a part of a file what a failing disk may leave there. */
function overwrite(path: string, from: number, length: number): void {
  const bytes = readFileSync(path)
  for (let i = from; i < from + length; i++) bytes[i] = (i * 151 + 89) % 256
  writeFileSync(path, bytes)
}

/** Where in the file a table begins, and how long a page is. */
function firstPageOf(path: string, table: string): [number, number] {
  const database = new Database(path, { readonly: true })
  const size = database.pragma('page_size', { simple: true }) as number
  const root = database
    .prepare<[string], number>('SELECT rootpage FROM sqlite_schema WHERE name = ?')
    .pluck()
    .get(table)
  database.close()
  return [(root! - 1) * size, size]
}

/** Fails unless all that writes is refused, with the backup named, and the file stays as it is. */
async function expectUntouched(path: string, backup: string): Promise<void> {
  const before = readFileSync(path)
  for (const args of [runOf(path, material), importOf(path, material)]) {
    const end = await start(args)
    expectRefused(end, /damaged/)
    expect(end.stderr).toContain(backup)
  }
  expect(readFileSync(path).equals(before)).toBe(true)
  expect(readdirSync(join(path, '..')).sort()).toEqual(['p.obalex', 'p.obalex.backups'])
  const verified = await start(['verify', path, '--json'])
  expect(verified.status).toBe(1)
  expect(JSON.parse(verified.stdout)).toMatchObject({
    ok: false,
    broken: { hint: expect.stringContaining(backup) as string },
  })
}

describe('a project file with a page overwritten', () => {
  it('in the middle is not written any more, and what is whole can be read', async () => {
    const { copy, backup } = copyOf(scored)
    const [from, size] = firstPageOf(copy, 'score')
    overwrite(copy, from, size)
    await expectUntouched(copy, backup)
    const scores = await start(['scores', copy])
    expectRefused(scores, /damaged/)
    expect(scores.stderr).toContain(backup)
    const out = join(copy, '..', 'out')
    for (const args of [
      ['instances', copy],
      ['export', copy, '--format', 'coco', '--out', out],
    ]) {
      const { status, stderr } = await start(args)
      expect({ args, status, stderr }).toEqual({ args, status: 0, stderr: '' })
    }
    const exported = JSON.parse(readFileSync(join(out, 'instances.json'), 'utf8')) as { annotations: unknown[] }
    expect(exported.annotations).toHaveLength(material.photos.length)
  })

  it('at the beginning is no project any more, and the backup is', async () => {
    const { copy, backup } = copyOf(scored)
    overwrite(copy, 0, 4096)
    await expectUntouched(copy, backup)
    await expectVerified(backup)
    const fromBackup = await readStored(backup)
    expect(lostRows(await readStored(scored), fromBackup)).toEqual([])
  })

  it('cut off in the middle is refused likewise', async () => {
    const { copy, backup } = copyOf(scored)
    const bytes = readFileSync(copy)
    writeFileSync(copy, bytes.subarray(0, Math.floor(bytes.length / 2)))
    await expectUntouched(copy, backup)
  })
})

describe('the log beside a project file', () => {
  it('that is none is not taken for one: nothing is lost', async () => {
    const { copy } = copyOf(scored)
    const before = await readStored(scored)
    writeFileSync(`${copy}-wal`, Buffer.alloc(100_000, 'no log'))
    expect(lostRows(before, await readStored(copy))).toEqual([])
    const again = await start(runOf(copy, material))
    expect(again.status, again.stderr).toBe(0)
    expect(existsSync(`${copy}-wal`)).toBe(false)
    expect(lostRows(before, await readStored(copy))).toEqual([])
    await expectVerified(copy)
  })

  it('that a killed run left and the disk then damaged gives an earlier state, whole, from which the run goes on', async () => {
    const project = await makeProject(material)
    const run = startObalex(runOf(project, material), { command: installed() })
    await until(() => countStored(project, 'score') >= 3, { what: 'three scores' })
    const compute = childOf(run.pid, 'compute-process')!
    run.child.kill('SIGKILL')
    await run.ended
    await gone(compute)
    const before = await readStored(project)
    const { length } = readFileSync(`${project}-wal`)
    overwrite(`${project}-wal`, Math.floor(length * 0.7), 3000)
    const earlier = await readStored(project)
    expect(earlier.broken).toEqual([])
    expect(lostRows(earlier, before)).toEqual([])
    expect(earlier.audit.length).toBeLessThan(before.audit.length)
    const again = await start(runOf(project, material))
    expect(again.status, again.stderr).toBe(0)
    const stored = await readStored(project)
    expect(stored.rows.score).toHaveLength(material.photos.length)
    expectOnce(stored)
    await expectVerified(project)
  })
})
