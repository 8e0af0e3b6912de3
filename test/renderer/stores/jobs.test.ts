import { afterEach, describe, expect, it, vi } from 'vitest'
import { AppError } from '#common/contract/errors.ts'
import { useConnection } from '../../../renderer/stores/connection.ts'
import { useJobs } from '../../../renderer/stores/jobs.ts'
import { useProject } from '../../../renderer/stores/project.ts'
import { useToasts } from '../../../renderer/stores/toasts.ts'
import { makeWindow, type FakeEngine } from './fake-window.ts'

afterEach(() => vi.unstubAllGlobals())

const asked = ({ calls }: FakeEngine, name: string) =>
  calls.filter((call) => call.name === name).map(({ input }) => input)

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
