import { afterEach, describe, expect, it, vi } from 'vitest'
import { AppError } from '#common/contract/errors.ts'
import { useConnection } from '../../../renderer/stores/connection.ts'
import { useJobs } from '../../../renderer/stores/jobs.ts'
import { useProject } from '../../../renderer/stores/project.ts'
import { useToasts } from '../../../renderer/stores/toasts.ts'
import { lost, makeWindow, type FakeEngine } from './fake-window.ts'

afterEach(() => vi.unstubAllGlobals())

const end = (state: string) => ({ state, results: [], failures: [], notes: [] })
const models = [{ path: '/m/model.json' }]
const asked = ({ calls }: FakeEngine, name: string) =>
  calls.filter((call) => call.name === name).map(({ input }) => input)

/** An engine whose runs end as the test says, one after the other. */
async function open(watching: (() => unknown)[]): Promise<FakeEngine> {
  let nStarts = 0
  const engine = makeWindow({
    'run.start': () => ({ job: ++nStarts }),
    'job.watch': () => watching.shift()!(),
  })
  await useProject().open('/p/pets.obalex')
  return engine
}

describe('a run', () => {
  it('is followed again when the engine comes back, and told when it is done', async () => {
    const engine = await open([lost, () => end('done')])
    const run = useJobs().run(models, ['gradcam'])
    await vi.waitFor(() => expect(asked(engine, 'job.watch')).toHaveLength(1))
    engine.setState('down')
    expect(useJobs().jobs).toHaveLength(1)
    engine.setState('up')
    await run
    expect(asked(engine, 'run.start')).toHaveLength(1)
    expect(asked(engine, 'job.watch')).toMatchObject([{ job: 1 }, { job: 1 }])
    expect(useToasts().shown).toMatchObject([{ kind: 'done' }])
    expect(useJobs().jobs).toEqual([])
  })

  it('goes on where the engine that ran it was started again', async () => {
    const engine = await open([() => end('interrupted'), () => end('done')])
    await useJobs().run(models, ['gradcam'])
    expect(asked(engine, 'run.start')).toHaveLength(2)
    expect(asked(engine, 'run.start')[1]).toEqual(asked(engine, 'run.start')[0])
    expect(asked(engine, 'job.watch')).toMatchObject([{ job: 1 }, { job: 2 }])
  })

  it('is set aside where it takes the engine with it again and again', async () => {
    const engine = await open(Array.from({ length: 9 }, () => () => end('interrupted')))
    await useJobs().run(models, ['gradcam'])
    expect(asked(engine, 'run.start')).toHaveLength(3)
    expect(useToasts().shown).toMatchObject([{ kind: 'error' }])
  })

  it('is not started again where a person cancelled it', async () => {
    const engine = await open([() => end('cancelled')])
    await useJobs().run(models, ['gradcam'])
    expect(asked(engine, 'run.start')).toHaveLength(1)
    expect(useToasts().shown).toMatchObject([{ kind: 'note' }])
  })
})

describe('a build of TensorFlow', () => {
  const report = { runtimes: [] }

  it('is a job, after which the runtimes are tested again', async () => {
    const { promise, resolve } = Promise.withResolvers<object>()
    const engine = makeWindow({ 'runtime.build-native': () => promise, 'engine.diagnose': () => report })
    const jobs = useJobs()
    const built = jobs.buildNative(true)
    expect(jobs.isBuildingNative).toBe(true)
    expect(jobs.jobs).toMatchObject([{ title: 'Building TensorFlow' }])
    resolve({})
    await built
    expect(jobs.isBuildingNative).toBe(false)
    expect(asked(engine, 'runtime.build-native')).toEqual([{ gpu: true }])
    await vi.waitFor(() => expect(useConnection().diagnosis).toEqual(report))
    expect(useToasts().shown).toMatchObject([{ kind: 'done' }])
  })

  it('that fails says what to do, and can be tried again', async () => {
    makeWindow({
      'runtime.build-native': () => {
        throw new AppError('runtime.tool-missing', 'Python was not found', { hint: 'Install it.' })
      },
    })
    const jobs = useJobs()
    expect(await jobs.attempt('TensorFlow was not built.', () => jobs.buildNative(false))).toBe(false)
    expect(jobs.isBuildingNative).toBe(false)
    expect(useToasts().shown).toMatchObject([{ kind: 'error', detail: 'Python was not found. Install it.' }])
  })
})

describe('why no classifier can be run', () => {
  it('is that no project is open, that it is written elsewhere, or that another job is under way', async () => {
    const { promise, resolve } = Promise.withResolvers<object>()
    const engine = makeWindow({ 'runtime.build-native': () => promise, 'engine.diagnose': () => ({}) })
    const jobs = useJobs()
    expect(jobs.whyNoRun).toBe('Open a project first')
    await useProject().open('/p/pets.obalex')
    expect(jobs.whyNoRun).toBeNull()
    const built = jobs.buildNative(false)
    expect(jobs.whyNoRun).toBe('Another job is under way.')
    resolve({})
    await built
    engine.handlers['project.open'] = ({ mode }) => {
      if (mode === 'write') throw new AppError('project.locked', 'held', { data: { pid: 1, host: 'lab', lockedAt: 5 } })
      return { project: 2 }
    }
    engine.handlers['project.close'] = () => ({})
    await useProject().open('/p/other.obalex')
    expect(jobs.whyNoRun).toBe('Another program writes this project.')
  })
})
