import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createInterface } from 'node:readline'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { EngineClient } from '#common/contract/index.ts'
import type { Message } from '#common/contract/rpc.ts'
import { startComputeChild, type StartCompute } from '#main/compute/host.ts'
import { createEngine, type Engine } from '#main/engine/engine.ts'
import { readPhotoInput } from '#main/engine/photo-input.ts'
import { writeSmallModel } from '../../builders/small-model.ts'
import { gone } from '../../builders/processes.ts'
import { codeOf, inspect, useEngine, useFolder } from './engine-tools.ts'
import { allScores, jobOf, runToEnd, setUpRun, specOf, type RunResult, type Spec } from './run-tools.ts'

const root = useFolder()
const { client, engine } = useEngine()
let spec: Spec
/** what a run without accidents comes to */
let undisturbed: RunResult

beforeAll(async () => {
  const model = await writeSmallModel(join(root, 'wide'), { labels: ['cat', 'dog', 'bird'], inputSide: 64 })
  // one runtime, so that every process computes the same to the last bit: `auto` takes the one that is quicker just now
  const models = [{ path: model, runtime: 'wasm' as const }]
  spec = specOf(model, {
    models,
    methods: [{ method: 'occlusion', options: { patch: 4, stride: 3 } }, { method: 'gradcam' }],
  })
  const { project } = await setUpRun(client, root)
  undisturbed = await runToEnd(client, project, spec)
}, 60_000)

/** Fails unless everything is there once. */
async function expectAllOnce(own: EngineClient, { project, path }: { project: number; path: string }, nImages: number) {
  const { rows, audit } = await inspect(path)
  expect(rows).toMatchObject({ job: 1, model: 1, prediction: nImages, explanation: 2 * nImages, score: 2 * nImages })
  const scored = audit.filter(({ action }) => action === 'image.score').map(({ subject }) => subject)
  expect(scored).toHaveLength(new Set(scored).size)
  expect((await allScores(own, project)).every(({ revision }) => revision === 1)).toBe(true)
}

type Request = Extract<Message, { type: 'request' }>

/** An engine whose compute processes die when it is told so, just as they begin with what they were asked for. */
function mortalEngine(isToDie: (request: Request) => boolean): { engine: Engine; client: EngineClient } {
  const start: StartCompute = () => {
    const child = startComputeChild()
    const send: typeof child.link.send = (message) => {
      child.link.send(message)
      if (message.type === 'request' && isToDie(message)) child.kill()
    }
    return { ...child, link: { ...child.link, send } }
  }
  const dying = createEngine({ startCompute: start, version: 'test', checkOutputs: true })
  onTestFinished(() => dying.dispose())
  return { engine: dying, client: dying.connect() }
}

/** One whose compute processes die as they begin to explain an image. */
function dyingEngine(isToDie: (image: Uint8Array) => boolean): { engine: Engine; client: EngineClient } {
  return mortalEngine(
    ({ name, input }) => name === 'classifier.explain' && isToDie((input as { image: Uint8Array }).image),
  )
}

describe('a compute process that is killed while it loads the model', () => {
  it('is replaced once, and the run goes on', async () => {
    let nDeaths = 0
    const mortal = mortalEngine(({ name }) => name === 'classifier.load' && nDeaths++ < 1)
    const { project } = await setUpRun(mortal.client, root, { perClass: 1 })
    const result = await runToEnd(mortal.client, project, spec)
    expect(result).toMatchObject({ state: 'done', failures: [], results: [{ n: 3 }, { accuracy: 1 }] })
    expect(nDeaths).toBe(2)
  })

  it('twice ends the run with the reason', async () => {
    let nDeaths = 0
    const mortal = mortalEngine(({ name }) => {
      if (name === 'classifier.load') nDeaths++
      return name === 'classifier.load'
    })
    const { project } = await setUpRun(mortal.client, root, { perClass: 1 })
    expect(await codeOf(runToEnd(mortal.client, project, spec))).toBe('compute.died')
    expect(nDeaths).toBe(2)
  })
})

describe('a compute process that is killed during a run', () => {
  it('is replaced, and the run goes on from its last finished image', async () => {
    const setting = await setUpRun(client, root)
    const killed: number[] = []
    const result = await runToEnd(client, setting.project, spec, ({ done }) => {
      const pid = engine.computePid
      if (killed.length > 0 || done < 1.2 || pid === undefined) return
      killed.push(pid)
      process.kill(pid, 'SIGKILL')
    })
    expect(killed).toHaveLength(1)
    expect(engine.computePid).not.toBe(killed[0])
    expect(result).toMatchObject({ state: 'done', failures: [], results: undisturbed.results })
    await expectAllOnce(client, setting, 6)
  })

  it('may be killed once for every image', async () => {
    const seen: Uint8Array[] = []
    const dying = dyingEngine((image) => {
      const isNew = !seen.some((other) => Buffer.compare(other, image) === 0)
      if (isNew) seen.push(image)
      return isNew
    })
    const setting = await setUpRun(dying.client, root, { perClass: 1 })
    const result = await runToEnd(dying.client, setting.project, spec)
    expect(seen).toHaveLength(3)
    expect(result).toMatchObject({ state: 'done', failures: [], results: [{ n: 3 }, { accuracy: 1 }] })
    await expectAllOnce(dying.client, setting, 3)
  })
})

describe('an image that kills the compute process twice', () => {
  it('is set aside with the reason, the others are done, and it is tried again the next time', async () => {
    const { project: other, photos } = await setUpRun(client, root)
    await client['project.close']({ project: other })
    const { classifier } = await client['classifier.classify']({ model: spec.models[0]!, images: [photos[2]!.path] })
    const { input } = await readPhotoInput(photos[2]!.path, classifier.card)
    let nDeaths = 0
    const dying = dyingEngine((image) => {
      const isPoison = Buffer.compare(image, input.data) === 0
      if (isPoison) nDeaths++
      return isPoison
    })
    const { project, path } = await setUpRun(dying.client, root)
    const result = await runToEnd(dying.client, project, spec)
    expect(nDeaths).toBe(2)
    expect(result.state).toBe('done')
    expect(result.failures).toMatchObject([{ image: photos[2]!.file, code: 'compute.died' }])
    expect(result.failures[0]!.message).toContain('SIGKILL')
    expect(result.results[0]!.n + result.results[0]!.excluded.misclassified).toBe(5)
    expect((await inspect(path)).rows).toMatchObject({ prediction: 5, explanation: 10, score: 10, job_failure: 1 })
    await dying.engine.dispose()

    const { project: again } = await client['project.open']({ path, mode: 'write' })
    const repeated = await runToEnd(client, again, spec)
    expect(repeated).toMatchObject({ state: 'done', failures: [] })
    expect(repeated.results).toEqual(undisturbed.results)
    expect((await inspect(path)).rows).toMatchObject({ prediction: 6, explanation: 12, score: 12 })
  })
})

describe('an engine that is killed during a run', () => {
  it('leaves a project whose run is taken up where it was', async () => {
    const setting = await setUpRun(client, root, { perClass: 4 })
    const reference = await setUpRun(client, root, { perClass: 4 })
    const expected = await runToEnd(client, reference.project, spec)
    await client['project.close']({ project: setting.project })
    const script = fileURLToPath(import.meta.resolve('../../builders/engine-host.ts'))
    const child = spawn(process.execPath, [script, setting.path, JSON.stringify(spec)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    let last: { job: number; done: number | null; computePid: number | null } | undefined
    for await (const line of createInterface(child.stdout)) {
      last = JSON.parse(line) as typeof last
      if (last!.done !== null && last!.done > 2) child.kill('SIGKILL')
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    expect(child.signalCode).toBe('SIGKILL')
    await gone(last!.computePid!)

    const before = await inspect(setting.path)
    expect(before.rows['prediction']).toBeGreaterThanOrEqual(2)
    expect(before.rows['prediction']).toBeLessThan(12)
    expect(await jobOf(setting.path, last!.job)).toMatchObject({ state: 'running', done: before.rows['prediction'] })

    const { project } = await client['project.open']({ path: setting.path, mode: 'write' })
    expect(await jobOf(setting.path, last!.job)).toMatchObject({ state: 'interrupted' })
    const interrupted = await client['job.watch']({ project, job: last!.job })
    expect(interrupted).toMatchObject({
      state: 'interrupted',
      results: [{ method: 'occlusion' }, { method: 'gradcam' }],
    })
    const result = await runToEnd(client, project, spec)
    expect(result.job).toBe(last!.job)
    expect(result).toEqual({ ...expected, job: last!.job })
    await expectAllOnce(client, { project, path: setting.path }, 12)
    const actions = (await inspect(setting.path)).audit.map(({ action }) => action)
    expect(actions.filter((action) => action.startsWith('job.'))).toEqual([
      'job.start',
      'job.interrupt',
      'job.resume',
      'job.done',
    ])
  })
})
