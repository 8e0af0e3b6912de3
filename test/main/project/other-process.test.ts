import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, copyFileSync, existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { describe, expect, it, onTestFinished } from 'vitest'
import { listAudit, verifyAudit } from '#main/project/audit-log.ts'
import { countImages } from '#main/project/image-repository.ts'
import { firstBrokenRevision, listInstances } from '#main/project/mask-repository.ts'
import { openProject } from '#main/project/open.ts'
import type { Project } from '#main/project/project.ts'
import { addImages, expectCode, makeClock, makeProject, reopen } from '../../builders/project.ts'
import { unprivileged } from '../../builders/unprivileged.ts'

const now = makeClock()
const script = fileURLToPath(new URL('../../fixtures/project/child.ts', import.meta.url))

/** Starts the other process; it is gone when the test ends. */
function start(args: readonly string[], { isUnprivileged = false } = {}): ChildProcessWithoutNullStreams {
  const command = [process.execPath, script, ...args]
  const [program, ...rest] = isUnprivileged ? unprivileged(command) : command
  const child = spawn(program, rest, { stdio: 'pipe' })
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  })
  return child
}

/** What the other process says on being told to open a project; it stays open. */
async function openThere(path: string, mode: 'read' | 'write', options?: { isUnprivileged: boolean }) {
  const child = start(['open', path, mode], options)
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  const close = async () => {
    child.stdin.end()
    await once(child, 'exit')
  }
  return { said: JSON.parse(line) as Record<string, unknown>, pid: child.pid, close }
}

/** Lets the other process write until it has acknowledged some writes, then kills it; returns how many it had. */
async function writeAndKill(path: string, turns: number): Promise<number> {
  const child = start(['write', path])
  // what it printed ends before it is gone, and its lock with it
  const exited = once(child, 'exit')
  let acknowledged = 0
  for await (const line of createInterface(child.stdout)) {
    acknowledged = (JSON.parse(line) as { turn: number }).turn
    if (acknowledged === turns) child.kill('SIGKILL')
  }
  await exited
  return acknowledged
}

/** The lock as it is in the file, or put there. */
function setLock(path: string, facts: Record<string, unknown>): void {
  const database = new Database(path)
  const lock = { token: 'test', pid: process.pid, process_start: null, host: hostname(), locked_at: 1, ...facts }
  const { ino } = statSync(path, { bigint: true })
  database
    .prepare('INSERT INTO lock VALUES (1, :token, :pid, :process_start, :host, :file_number, :locked_at)')
    .run({ file_number: String(ino), ...lock })
  database.close()
}

describe('a project and another process', () => {
  it('refuses the second writer, and lets it read meanwhile', async () => {
    const project = await makeProject({ images: 2 })
    const writing = await openThere(project.path, 'write')
    expect(writing.said).toMatchObject({ code: 'project.locked', data: { pid: process.pid, host: hostname() } })
    const reading = await openThere(project.path, 'read')
    expect(reading.said).toEqual({ mode: 'read', images: 2 })
    await addImages(project, 1, () => ({ file: 'new.jpg' }))
    expect((await openThere(project.path, 'read')).said).toEqual({ mode: 'read', images: 3 })
  })

  it('is refused while the other one has it, and opens it once that has closed it', async () => {
    const project = await makeProject({ images: 2 })
    await project.close()
    const there = await openThere(project.path, 'write')
    expect(there.said).toEqual({ mode: 'write', images: 2 })
    const error = await expectCode(openProject(project.path, { mode: 'write', now }), 'project.locked')
    expect(error.data).toMatchObject({ pid: there.pid })
    await there.close()
    expect(await countImages((await reopen(project.path)).read)).toBe(2)
  })

  it('keeps what was acknowledged, and nothing half, when the other one is killed while it writes', async () => {
    const project = await makeProject()
    await project.close()
    let acknowledged = 0
    for (const turns of [1, 3, 20]) {
      acknowledged += await writeAndKill(project.path, turns)
      const again = await reopen(project.path)
      await expectWhole(again, acknowledged)
      acknowledged = await countWrites(again)
      await again.close()
    }
  })

  it('reads what a killed writer left', async () => {
    const project = await makeProject()
    await project.close()
    const acknowledged = await writeAndKill(project.path, 3)
    expect(existsSync(`${project.path}-wal`)).toBe(true)
    await expectWhole(await reopen(project.path, { mode: 'read' }), acknowledged)
  })

  it('reads a closed project in a folder that may not be written, and says so when asked to write', async () => {
    const project = await makeProject({ images: 2 })
    await project.close()
    const folder = dirname(project.path)
    chmodSync(project.path, 0o444)
    chmodSync(folder, 0o555)
    onTestFinished(() => chmodSync(folder, 0o755))
    expect((await openThere(project.path, 'read', { isUnprivileged: true })).said).toEqual({ mode: 'read', images: 2 })
    expect((await openThere(project.path, 'write', { isUnprivileged: true })).said).toMatchObject({
      code: 'project.read-only',
    })
    expect(readdirSync(folder)).toEqual(['test.obalex'])
  })

  it('asks for a folder that may be written where the log of a killed writer has to be read in', async () => {
    const project = await makeProject()
    await project.close()
    await writeAndKill(project.path, 1)
    rmSync(`${project.path}-shm`)
    const folder = dirname(project.path)
    chmodSync(folder, 0o555)
    onTestFinished(() => chmodSync(folder, 0o755))
    const { said } = await openThere(project.path, 'read', { isUnprivileged: true })
    expect(said).toMatchObject({ code: 'file.unreadable', hint: expect.stringContaining('folder') as string })
  })
})

describe('the lock', () => {
  it('is taken over from a process that is gone', async () => {
    const project = await makeProject()
    await project.close()
    setLock(project.path, { pid: 2 ** 30 })
    expect((await reopen(project.path)).mode).toBe('write')
  })

  it.runIf(process.platform === 'linux')('is taken over where its process id belongs to a later process', async () => {
    const project = await makeProject()
    await project.close()
    setLock(project.path, { process_start: 'an earlier boot 123' })
    expect((await reopen(project.path)).mode).toBe('write')
  })

  it('is taken over where it came with a copy of the file', async () => {
    const project = await makeProject({ images: 1 })
    await project.close()
    setLock(project.path, {})
    const copy = join(dirname(project.path), 'copy.obalex')
    copyFileSync(project.path, copy)
    await expectCode(openProject(project.path, { mode: 'write', now }), 'project.locked')
    expect(await countImages((await reopen(copy)).read)).toBe(1)
  })

  it('is kept for a process of another host, until the user says that it is gone', async () => {
    const project = await makeProject()
    await project.close()
    setLock(project.path, { host: 'workstation-7', pid: 2 ** 30 })
    const error = await expectCode(openProject(project.path, { mode: 'write', now }), 'project.locked')
    expect(error.data).toMatchObject({ host: 'workstation-7', pid: 2 ** 30, lockedAt: 1 })
    expect((await reopen(project.path, { takeOver: true })).mode).toBe('write')
  })

  it('is never taken from a living process of this host', async () => {
    const project = await makeProject()
    await expectCode(openProject(project.path, { mode: 'write', now, takeOver: true }), 'project.locked')
  })

  it('makes a writer stop that has lost it, and leaves it with the new one', async () => {
    const project = await makeProject()
    const database = new Database(project.path)
    database.exec("UPDATE lock SET token = 'another'")
    await expectCode(addImages(project, 1), 'project.locked')
    await project.close()
    expect(database.prepare('SELECT token FROM lock').pluck().all()).toEqual(['another'])
    database.close()
  })
})

/** As many writes as entries say, at least the acknowledged ones and at most the one in the air more. */
async function expectWhole(project: Project, acknowledged: number): Promise<void> {
  expect(await verifyAudit(project.read)).toBeNull()
  expect(await firstBrokenRevision(project.read)).toBeNull()
  const writes = await countWrites(project)
  expect([acknowledged, acknowledged + 1]).toContain(writes)
  expect(await countImages(project.read)).toBe(10 * writes)
  expect(await listInstances(project.read, { limit: 10_000 })).toHaveLength(10 * writes)
}

async function countWrites(project: Project): Promise<number> {
  const entries = await listAudit(project.read, { limit: 10_000 })
  return entries.filter(({ action }) => action === 'image.add').length
}
