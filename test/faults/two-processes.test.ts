import { hostname } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it, onTestFinished } from 'vitest'
import { installed, startObalex, type Started } from '../builders/obalex-process.ts'
import { childOf, gone, isAlive, until } from '../builders/processes.ts'
import { countStored, readStored } from '../builders/stored-rows.ts'
import { useFolder } from '../main/engine/engine-tools.ts'
import { expectKept, expectOnce } from './killing.ts'
import { expectRefused, expectVerified, makeMaterial, makeProject, runOf } from './setting.ts'

const root = useFolder()
const start = (args: readonly string[]): Started => startObalex([...args, '--quiet'], { command: installed() })

describe('two processes and one project', () => {
  it('write one after the other, read at the same time, and the lock of a dead one is no obstacle', async () => {
    const material = await makeMaterial(root, { perClass: 10, inputSide: 96 })
    const project = await makeProject(material)
    const first = start(runOf(project, material))
    await until(() => countStored(project, 'score') > 0, { what: 'the first score' })
    const compute = childOf(first.pid, 'compute-process')!
    // so that it waits as long as the others need
    process.kill(compute, 'SIGSTOP')
    onTestFinished(() => {
      if (isAlive(compute)) process.kill(compute, 'SIGKILL')
    })

    const second = await start(runOf(project, material)).ended
    expectRefused(second, new RegExp(`open for writing in process ${first.pid} on ${hostname()}`))
    for (const args of [
      ['scores', project],
      ['project', 'info', project],
      ['export', project, '--format', 'coco', '--out', join(material.folder, 'out')],
    ]) {
      const { status, stderr } = await start([...args, '--json']).ended
      expect({ args, status, stderr }).toEqual({ args, status: 0, stderr: '' })
    }

    expect(first.child.exitCode).toBeNull()
    const seen = await readStored(project)
    first.child.kill('SIGKILL')
    await first.ended
    process.kill(compute, 'SIGCONT')
    await gone(compute)
    await expectKept(seen, project)
    expect(holderOf(project)).toBe(first.pid)
    // as if the process id had been given again, to a process that lives: this one
    setHolder(project, process.pid)
    const third = await start(runOf(project, material)).ended
    expect(third.status, third.stderr).toBe(0)
    const stored = await readStored(project)
    expect(stored.rows.score).toHaveLength(material.photos.length)
    expectOnce(stored)
    await expectKept(seen, project)
    await expectVerified(project)
  })
})

function holderOf(project: string): number | undefined {
  const database = new Database(project, { readonly: true })
  const pid = database.prepare<[], number>('SELECT pid FROM lock').pluck().get()
  database.close()
  return pid
}

/** Leaves the start of the process as it is, by which it can be told from another one. */
function setHolder(project: string, pid: number): void {
  const database = new Database(project)
  database.prepare('UPDATE lock SET pid = ?').run(pid)
  database.close()
}
