import { afterEach, describe, expect, it, vi } from 'vitest'
import { AppError } from '#common/contract/errors.ts'
import { useProject } from '../../../renderer/stores/project.ts'
import { useRunDraft } from '../../../renderer/stores/run-draft.ts'
import { useRunEstimate } from '../../../renderer/stores/run-estimate.ts'
import { makeWindow, type FakeEngine } from './fake-window.ts'

afterEach(() => vi.unstubAllGlobals())

const answer = { nImages: 3, nMaps: 6, seconds: 12, bytes: 5000 }

/** An open project, and a run with one model that was read. */
async function oneModel(engine: FakeEngine) {
  engine.handlers['classifier.describe'] = () => ({ card: { name: 'pets' } })
  await useProject().open('/p/pets.obalex')
  const draft = useRunDraft()
  await draft.addFile('/m/model.json')
  return { draft, forecast: useRunEstimate() }
}

describe('what a run will take', () => {
  it('is asked for with the models and methods that are chosen', async () => {
    const engine = makeWindow({ 'run.estimate': () => answer })
    const { forecast } = await oneModel(engine)
    await forecast.refresh()
    expect(forecast.estimate).toEqual(answer)
    expect(engine.calls.at(-1)).toMatchObject({
      name: 'run.estimate',
      input: {
        spec: { models: [{ path: '/m/model.json' }], methods: [{ method: 'occlusion' }, { method: 'gradcam' }] },
      },
    })
  })

  it('is not known while a model is not read, and where the engine cannot say it', async () => {
    const engine = makeWindow({ 'run.estimate': () => answer })
    const { draft, forecast } = await oneModel(engine)
    await forecast.refresh()
    draft.say(draft.models[0]!.id, { side: '128' })
    await forecast.refresh()
    expect(forecast.estimate).toBeNull()
    await draft.readAll()
    engine.handlers['run.estimate'] = () => {
      throw new AppError('file.missing', 'gone')
    }
    await forecast.refresh()
    expect(forecast.estimate).toBeNull()
  })

  it('is that of the last question', async () => {
    const engine = makeWindow()
    const { forecast } = await oneModel(engine)
    const answers: ((value: object) => void)[] = []
    engine.handlers['run.estimate'] = () => new Promise((resolve) => answers.push(resolve))
    const first = forecast.refresh()
    const second = forecast.refresh()
    answers[1]!({ ...answer, nMaps: 2 })
    answers[0]!(answer)
    await Promise.all([first, second])
    expect(forecast.estimate).toMatchObject({ nMaps: 2 })
  })
})
