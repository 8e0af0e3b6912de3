import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { setTimeout as wait } from 'node:timers/promises'
import { installed, machineNode, startObalex, type Ended, type Started } from '../builders/obalex-process.ts'
import { childOf, descendantsOf, gone, isAlive, until } from '../builders/processes.ts'
import { countStored, readStored } from '../builders/stored-rows.ts'
import { obalexJson } from '../main/cli/run-cli.ts'
import { useFolder } from '../main/engine/engine-tools.ts'
import { expectKept, expectOnce } from './killing.ts'
import { expectVerified, makeMaterial, makeProject, runOf, type Material } from './setting.ts'

const root = useFolder()
let material: Material

beforeAll(async () => {
  material = await makeMaterial(root, { perClass: 8, inputSide: 96 })
})

interface RunUnderWay {
  readonly project: string
  readonly run: Started
  /** the processes that it has started, theirs included */
  readonly children: readonly number[]
}

/** A run that has scored something and has not ended. */
async function runUnderWay(options: { readonly node?: string; readonly isGroup?: boolean } = {}): Promise<RunUnderWay> {
  const { node, isGroup = false } = options
  const project = await makeProject(material)
  const run = startObalex(runOf(project, material), { command: installed(node), isGroup })
  await until(() => countStored(project, 'score') > 0, { what: 'the first score' })
  const children = descendantsOf(run.pid)
  expect(children.length).toBeGreaterThan(0)
  onTestFinished(() => {
    for (const pid of children) if (isAlive(pid)) process.kill(pid, 'SIGKILL')
  })
  return { project, run, children }
}

async function expectAllGone({ children }: RunUnderWay): Promise<void> {
  for (const pid of children) await gone(pid)
}

/** The same command again, which does what is left. */
async function expectGoesOn({ project }: RunUnderWay): Promise<void> {
  const kept = await readStored(project)
  expect(kept.rows.score.length).toBeGreaterThan(0)
  expect(kept.rows.score.length).toBeLessThan(material.photos.length)
  await obalexJson(runOf(project, material))
  await expectKept(kept, project)
  const stored = await readStored(project)
  expect(stored.rows.score).toHaveLength(material.photos.length)
  expectOnce(stored)
  await expectVerified(project)
}

function expectStopped({ status, stdout, stderr }: Ended): void {
  expect({ status, stdout }).toEqual({ status: 130, stdout: '' })
  expect(stderr).toMatch(/\nobalex: the run was stopped — [^\n]+\n$/)
}

describe('Ctrl+C', () => {
  it('sent to the process ends it in order, its compute process with it, and the work goes on later', async () => {
    const underWay = await runUnderWay()
    underWay.run.child.kill('SIGINT')
    expectStopped(await underWay.run.ended)
    await expectAllGone(underWay)
    await expectGoesOn(underWay)
  })

  it('sent to the whole group, as terminals do, does the same', async () => {
    const underWay = await runUnderWay({ node: machineNode() ?? process.execPath, isGroup: true })
    process.kill(-underWay.run.pid, 'SIGINT')
    expectStopped(await underWay.run.ended)
    await expectAllGone(underWay)
    await expectGoesOn(underWay)
  })

  it('given twice ends it at once, also where the compute process does not answer', async () => {
    const underWay = await runUnderWay()
    const { run } = underWay
    process.kill(childOf(run.pid, 'compute-process')!, 'SIGSTOP')
    run.child.kill('SIGINT')
    await wait(600) // longer than what a wrapper hands on is taken for the same one
    const second = performance.now()
    run.child.kill('SIGINT')
    expect((await run.ended).status).toBe(130)
    expect(performance.now() - second).toBeLessThan(1000)
    await expectAllGone(underWay)
    await expectGoesOn(underWay)
  })
})

describe('kill -9', () => {
  it('of the command leaves no compute process behind', async () => {
    const underWay = await runUnderWay()
    underWay.run.child.kill('SIGKILL')
    await underWay.run.ended
    await expectAllGone(underWay)
    await expectGoesOn(underWay)
  })

  it('of the wrapper that looks for the right Node ends the command behind it, too', async () => {
    const underWay = await runUnderWay({ node: machineNode() ?? process.execPath })
    underWay.run.child.kill('SIGKILL')
    await expectAllGone(underWay)
    await expectGoesOn(underWay)
  })
})
