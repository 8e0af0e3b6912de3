import { afterEach, describe, expect, it, vi } from 'vitest'
import { AppError } from '#common/contract/errors.ts'
import { useDetectEstimate } from '../../../renderer/stores/detect-estimate.ts'
import { useProject } from '../../../renderer/stores/project.ts'
import { makeWindow, type FakeEngine } from './fake-window.ts'

afterEach(() => vi.unstubAllGlobals())

const spec = { detector: { path: '/m/a.onnx', architecture: 'onnx' }, minScore: null, onlyMissing: true } as const
const unknown = { nImages: 9, nLeft: 7, seconds: null, isTimed: false }
const timed = { ...unknown, seconds: 14, isTimed: true }

/** An open project, and an engine that answers so without and with the leave to time a photo. */
async function forecastOf(engine: FakeEngine) {
  await useProject().open('/p/pets.obalex')
  const asked = () =>
    engine.calls
      .filter(({ name }) => name === 'detect.estimate')
      .map(({ input }) => (input as { canTime: boolean }).canTime)
  return { forecast: useDetectEstimate(), asked }
}

describe('what finding objects will take', () => {
  it('is told at once where it is known, and no photo is looked at for it', async () => {
    const known = { ...unknown, seconds: 3 }
    const { forecast, asked } = await forecastOf(makeWindow({ 'detect.estimate': () => known }))
    await forecast.refresh(spec)
    expect(forecast.estimate).toEqual(known)
    expect(asked()).toEqual([false])
  })

  it('is told by a photo that is timed where it is not, and says so meanwhile', async () => {
    const engine = makeWindow({ 'detect.estimate': () => unknown })
    const { forecast, asked } = await forecastOf(engine)
    const timing = Promise.withResolvers<object>()
    engine.handlers['detect.estimate'] = ({ canTime }) => (canTime ? timing.promise : unknown)
    const refreshed = forecast.refresh(spec)
    await vi.waitFor(() => expect(forecast.isTiming).toBe(true))
    expect(forecast.estimate).toEqual(unknown)
    timing.resolve(timed)
    await refreshed
    expect(forecast.estimate).toEqual(timed)
    expect(forecast.isTiming).toBe(false)
    expect(asked()).toEqual([false, true])
  })

  it('is that of the last question, and nothing once nobody waits', async () => {
    const engine = makeWindow()
    const { forecast } = await forecastOf(engine)
    const answers: ((value: object) => void)[] = []
    engine.handlers['detect.estimate'] = () => new Promise((resolve) => answers.push(resolve))
    const first = forecast.refresh(spec)
    const second = forecast.refresh({ ...spec, minScore: 0.5 })
    answers[1]!({ ...timed, nLeft: 2 })
    answers[0]!(timed)
    await Promise.all([first, second])
    expect(forecast.estimate).toMatchObject({ nLeft: 2 })
    const third = forecast.refresh(spec)
    forecast.stop()
    answers[2]!(timed)
    await third
    expect(forecast.estimate).toBeNull()
  })

  it('is not known where the engine cannot say it', async () => {
    const engine = makeWindow()
    const { forecast } = await forecastOf(engine)
    engine.handlers['detect.estimate'] = () => {
      throw new AppError('file.missing', 'gone')
    }
    await forecast.refresh(spec)
    expect(forecast.estimate).toBeNull()
    expect(forecast.isTiming).toBe(false)
  })
})
