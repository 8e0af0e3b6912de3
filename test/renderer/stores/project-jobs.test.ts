import { afterEach, describe, expect, it, vi } from 'vitest'
import { useJobs } from '../../../renderer/stores/jobs.ts'
import { useProject } from '../../../renderer/stores/project.ts'
import { useProjectJobs } from '../../../renderer/stores/project-jobs.ts'
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
    const run = useProjectJobs().run(models, ['gradcam'])
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
    await useProjectJobs().run(models, ['gradcam'])
    expect(asked(engine, 'run.start')).toHaveLength(2)
    expect(asked(engine, 'run.start')[1]).toEqual(asked(engine, 'run.start')[0])
    expect(asked(engine, 'job.watch')).toMatchObject([{ job: 1 }, { job: 2 }])
  })

  it('is set aside where it takes the engine with it again and again', async () => {
    const engine = await open(Array.from({ length: 9 }, () => () => end('interrupted')))
    await useProjectJobs().run(models, ['gradcam'])
    expect(asked(engine, 'run.start')).toHaveLength(3)
    expect(useToasts().shown).toMatchObject([{ kind: 'error' }])
  })

  it('is not started again where a person cancelled it', async () => {
    const engine = await open([() => end('cancelled')])
    await useProjectJobs().run(models, ['gradcam'])
    expect(asked(engine, 'run.start')).toHaveLength(1)
    expect(useToasts().shown).toMatchObject([{ kind: 'note' }])
  })
})

describe('jobs that the engine is at already', () => {
  const runSpec = { models, methods: [{ method: 'gradcam' }] }
  const running = { jobs: [{ id: 7, kind: 'run', spec: runSpec }] }

  it('are followed by a window that opens their project, and can be stopped there', async () => {
    const { promise, resolve } = Promise.withResolvers<object>()
    const engine = makeWindow({
      'jobs.running': () => running,
      'run.start': () => ({ job: 7 }),
      'job.watch': () => promise,
      'job.cancel': () => ({}),
    })
    const jobs = useJobs()
    useProjectJobs()
    await useProject().open('/p/pets.obalex')
    await vi.waitFor(() => expect(jobs.jobs).toMatchObject([{ title: 'Running the classifiers' }]))
    expect(asked(engine, 'run.start')).toEqual([{ project: 1, spec: runSpec }])
    jobs.cancel(jobs.jobs[0]!.id)
    await vi.waitFor(() => expect(asked(engine, 'job.cancel')).toEqual([{ project: 1, job: 7 }]))
    resolve(end('cancelled'))
    await vi.waitFor(() => expect(jobs.jobs).toEqual([]))
    expect(useToasts().shown).toMatchObject([{ kind: 'note' }])
  })

  it('are left alone by the window that started them, and by one that only reads', async () => {
    const watched = Promise.withResolvers<object>()
    const engine = makeWindow({ 'run.start': () => ({ job: 7 }), 'job.watch': () => watched.promise })
    const projectJobs = useProjectJobs()
    let tell: (value: object) => void = () => undefined
    engine.handlers['jobs.running'] = () => new Promise((resolve) => (tell = resolve))
    await useProject().open('/p/pets.obalex')
    void projectJobs.run(models, ['gradcam'])
    await vi.waitFor(() => expect(asked(engine, 'job.watch')).toHaveLength(1))
    tell(running)
    await vi.waitFor(() => expect(asked(engine, 'jobs.running')).toHaveLength(1))
    expect(asked(engine, 'run.start')).toHaveLength(1)
    watched.resolve(end('done'))

    const reader = makeWindow({ 'jobs.running': () => running })
    reader.setWritable(false)
    useProjectJobs()
    await useProject().open('/p/pets.obalex')
    expect(asked(reader, 'jobs.running')).toEqual([])
    expect(useJobs().jobs).toEqual([])
  })
})
