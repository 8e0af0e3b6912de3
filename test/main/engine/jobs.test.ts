import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Progress } from '#common/contract/procedures/common.ts'
import { startComputeChild } from '#main/compute/host.ts'
import { createEngine } from '#main/engine/engine.ts'
import { writeSmallModel } from '../../builders/small-model.ts'
import { codeOf, folderIn, inspect, useEngine, useFolder } from './engine-tools.ts'
import { jobOf, occlusion, runToEnd, setUpRun, specOf } from './run-tools.ts'

const root = useFolder()
const { client } = useEngine()
const slowOcclusion = { method: 'occlusion', options: { patch: 4, stride: 3 } }
let model: string
/** takes about a tenth of a second for a photo */
let slow: ReturnType<typeof specOf>

beforeAll(async () => {
  model = await writeSmallModel(join(root, 'small'), { labels: ['cat', 'dog', 'bird'] })
  const wide = await writeSmallModel(join(root, 'wide'), { labels: ['cat', 'dog', 'bird'], inputSide: 64 })
  slow = specOf(wide, { methods: [slowOcclusion] })
})

/** Starts the slow run and waits until it has finished some images. */
async function startAndWaitFor(
  project: number,
  nDone: number,
): Promise<{ job: number; ended: ReturnType<typeof watch> }> {
  const { job } = await client['run.start']({ project, spec: slow })
  const reached = Promise.withResolvers<undefined>()
  const ended = watch(project, job, ({ done }) => {
    if (done >= nDone) reached.resolve(undefined)
  })
  await reached.promise
  return { job, ended }
}

function watch(project: number, job: number, onEvent: (progress: Progress) => void = () => undefined) {
  return client['job.watch']({ project, job }, { onEvent })
}

describe('a job', () => {
  it('tells how far it is, to the end', async () => {
    const { project } = await setUpRun(client, root)
    const seen: Progress[] = []
    await runToEnd(client, project, slow, (progress) => seen.push(progress))
    const images = seen.filter(({ step }) => step === 'wide')
    expect(images.at(-1)).toMatchObject({ done: 6, total: 6 })
    const done = images.map((progress) => progress.done)
    expect(done).toEqual([...done].sort((a, b) => a - b))
    // shares of the image under way are told too
    expect(done.some((value) => !Number.isInteger(value))).toBe(true)
  })

  it('that is cancelled keeps what it has, and goes on from there when it is started again', async () => {
    const { project, path } = await setUpRun(client, root)
    const { job, ended } = await startAndWaitFor(project, 2)
    const start = performance.now()
    await client['job.cancel']({ project, job })
    console.log(`cancelled within ${(performance.now() - start).toFixed(0)} ms`)
    expect(performance.now() - start).toBeLessThan(1000)
    const cancelled = await ended
    expect(cancelled).toMatchObject({ state: 'cancelled', failures: [] })
    const { n } = cancelled.results[0]!
    expect(n).toBeGreaterThanOrEqual(2)
    expect(n).toBeLessThan(6)
    expect(await jobOf(path, job)).toMatchObject({ state: 'cancelled', done: n, total: 6 })
    const before = await inspect(path)
    expect(before.rows).toMatchObject({ prediction: n, explanation: n, score: n })

    const resumed = await runToEnd(client, project, slow)
    expect(resumed).toMatchObject({ job, state: 'done', failures: [], results: [{ n: 6 }] })
    const { rows, audit } = await inspect(path)
    expect(rows).toMatchObject({ job: 1, prediction: 6, explanation: 6, score: 6 })
    expect(audit.filter(({ action }) => action === 'image.score')).toHaveLength(6)
    expect(audit.filter(({ subject }) => subject === `job:${job}`).map(({ action }) => action)).toEqual([
      'job.start',
      'run.begin',
      'job.cancelled',
      'job.resume',
      'run.begin',
      'run.end',
      'job.done',
    ])
  })

  it('is followed by any number of watchers, also after its end', async () => {
    const { project } = await setUpRun(client, root, { perClass: 1 })
    const { job } = await client['run.start']({ project, spec: slow })
    const counts = [0, 0]
    const both = await Promise.all([0, 1].map((i) => watch(project, job, () => counts[i]!++)))
    expect(both[1]).toEqual(both[0])
    expect(both[0]).toMatchObject({ state: 'done', results: [{ n: 3 }] })
    expect(Math.min(...counts)).toBeGreaterThan(0)
    expect(await watch(project, job)).toEqual(both[0])
  })

  it('goes on when nobody watches any more', async () => {
    const { project } = await setUpRun(client, root, { perClass: 1 })
    const { job } = await client['run.start']({ project, spec: slow })
    const controller = new AbortController()
    const left = client['job.watch']({ project, job }, { signal: controller.signal, onEvent: () => controller.abort() })
    expect(await codeOf(left)).toBe('aborted')
    expect(await watch(project, job)).toMatchObject({ state: 'done', results: [{ n: 3 }] })
  })

  it('is one, also where the same is asked for twice at once or while it runs', async () => {
    const { project, path } = await setUpRun(client, root, { perClass: 1 })
    const starts = await Promise.all([1, 2, 3].map(() => client['run.start']({ project, spec: slow })))
    const again = await client['run.start']({ project, spec: slow })
    expect(new Set([...starts, again].map(({ job }) => job)).size).toBe(1)
    await watch(project, again.job)
    expect((await inspect(path)).rows).toMatchObject({ job: 1, prediction: 3, score: 3 })
  })

  it('may run beside another one, in the same project', async () => {
    const { project } = await setUpRun(client, root, { perClass: 1 })
    const other = specOf(model, { methods: [occlusion] })
    const [first, second] = await Promise.all([runToEnd(client, project, slow), runToEnd(client, project, other)])
    expect(first).toMatchObject({ state: 'done', results: [{ model: 'wide', n: 3 }] })
    expect(second).toMatchObject({ state: 'done', results: [{ model: 'small', n: 3 }] })
  })

  it('of a copy of the project is another one', async () => {
    const { project, path, folder } = await setUpRun(client, root)
    await client['project.close']({ project })
    const copyPath = join(folder, 'copy.obalex')
    copyFileSync(path, copyPath)
    const [one, copy] = await Promise.all(
      [path, copyPath].map((file) => client['project.open']({ path: file, mode: 'write' })),
    )
    const [first, second] = [one!.project, copy!.project]
    const { job } = await client['run.start']({ project: first, spec: slow })
    // the numbers of jobs are the same in both
    expect(await client['run.start']({ project: second, spec: slow })).toEqual({ job })
    await client['job.cancel']({ project: first, job })
    expect(await watch(second, job)).toMatchObject({ state: 'done', results: [{ n: 6 }] })
    expect(await watch(first, job)).toMatchObject({ state: 'cancelled' })
    expect(await runToEnd(client, first, slow)).toMatchObject({ job, state: 'done', results: [{ n: 6 }] })
    for (const file of [path, copyPath]) expect((await inspect(file)).rows).toMatchObject({ job: 1, score: 6 })
  })

  it('stops, and keeps what it has, when its project is closed', async () => {
    const { project, path } = await setUpRun(client, root)
    const { job, ended } = await startAndWaitFor(project, 1)
    await client['project.close']({ project })
    expect(await ended).toMatchObject({ state: 'cancelled', results: [{ model: 'wide' }] })
    const { state, done } = await jobOf(path, job)
    expect(state).toBe('cancelled')
    expect(done).toBeGreaterThanOrEqual(1)
    const { project: again } = await client['project.open']({ path, mode: 'write' })
    expect(await runToEnd(client, again, slow)).toMatchObject({ job, state: 'done', results: [{ n: 6 }] })
  })

  it('stops, and keeps what it has, when the engine ends', async () => {
    const engine = createEngine({ startCompute: startComputeChild, version: 'test', checkOutputs: true })
    const own = engine.connect()
    const { project, path } = await setUpRun(own, folderIn(root))
    const { job } = await own['run.start']({ project, spec: slow })
    const reached = Promise.withResolvers<undefined>()
    const ended = own['job.watch']({ project, job }, { onEvent: ({ done }) => done >= 1 && reached.resolve(undefined) })
    await reached.promise
    await engine.dispose()
    expect((await ended).state).toBe('cancelled')
    expect((await jobOf(path, job)).state).toBe('cancelled')
    expect(engine.computePid).toBeUndefined()
    const { project: again } = await client['project.open']({ path, mode: 'write' })
    expect(await runToEnd(client, again, slow)).toMatchObject({ job, state: 'done', results: [{ n: 6 }] })
  })

  it('fails where its model is replaced meanwhile, and what it had done belongs to the old one', async () => {
    const { project, path } = await setUpRun(client, root)
    const own = await writeSmallModel(join(folderIn(root), 'own'), { labels: ['cat', 'dog', 'bird'], inputSide: 64 })
    const spec = specOf(own, { methods: [slowOcclusion] })
    const { job } = await client['run.start']({ project, spec })
    let isReplaced: Promise<string> | undefined
    const ended = watch(project, job, ({ done }) => {
      if (done >= 1)
        isReplaced ??= writeSmallModel(join(own, '..'), {
          labels: ['cat', 'dog', 'bird'],
          inputSide: 64,
          diverse: false,
        })
    })
    expect(await codeOf(ended)).toBe('model.changed')
    await isReplaced
    const { rows } = await inspect(path)
    expect(rows['prediction']).toBeLessThan(6)
    const now = await runToEnd(client, project, spec)
    expect(now).toMatchObject({ job, state: 'done', results: [{ accuracy: 1 / 3 }] })
    expect((await inspect(path)).rows).toMatchObject({ model: 2, prediction: rows['prediction']! + 6 })
  })

  it('does not keep reading or importing waiting', async () => {
    const { project, images } = await setUpRun(client, root)
    const { ended } = await startAndWaitFor(project, 1)
    const described = await client['project.describe']({ project })
    expect(described.nPredictions).toBeLessThan(6)
    const report = await client['dataset.import']({ project, format: 'folder', images })
    expect(report.images.known).toBe(6)
    expect(await ended).toMatchObject({ state: 'done', results: [{ n: 6 }] })
  })
})
