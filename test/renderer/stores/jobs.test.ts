import { afterEach, describe, expect, it, vi } from 'vitest'
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
