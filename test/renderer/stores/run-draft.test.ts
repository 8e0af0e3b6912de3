import { afterEach, describe, expect, it, vi } from 'vitest'
import { AppError } from '#common/contract/errors.ts'
import type { ClassifierInfo } from '#common/contract/procedures/models.ts'
import {
  architectures,
  fieldOf,
  newDraft,
  requestOf,
  unreadField,
  type ModelDraft,
} from '../../../renderer/stores/model-draft.ts'
import { useExplainers } from '../../../renderer/stores/explainers.ts'
import { useRunDraft } from '../../../renderer/stores/run-draft.ts'
import type { PresentModel } from '../../../renderer/stores/models.ts'
import { makeWindow } from './fake-window.ts'

afterEach(() => vi.unstubAllGlobals())

const info: ClassifierInfo = {
  card: {
    name: 'pets',
    width: 96,
    height: 96,
    preprocess: 'tf',
    labels: null,
    layer: 'relu5',
    resize: 'nearest',
    fit: 'stretch',
  },
  sha256: 'ab',
  nClasses: 3,
  predictionRuntime: 'onnx',
  gradientRuntime: 'onnx',
  notes: [],
}

describe('what a person says of a model', () => {
  const draft: ModelDraft = {
    ...newDraft(' /m/weights.h5 '),
    architecture: 'mobilenet 0.5 own',
    preprocess: 'unit',
    labels: 'cat\ndog\n',
    side: '128',
    layer: ' relu ',
  }

  it('is the request that the engine takes', () => {
    expect(requestOf(draft, 'wasm')).toEqual({
      path: '/m/weights.h5',
      architecture: { name: 'mobilenet', alpha: 0.5, top: false },
      card: { preprocess: 'unit', labels: ['cat', 'dog'], size: 128, layer: 'relu' },
      runtime: 'wasm',
    })
    expect(requestOf(newDraft('/m/model.json'), 'auto')).toEqual({ path: '/m/model.json', card: {}, runtime: 'auto' })
  })

  it('knows every network, each by a name of its own', () => {
    expect(architectures).toHaveLength(12)
    for (const { key, architecture } of architectures) expect(newDraft('x.h5', architecture).architecture).toBe(key)
  })

  it('is looked at before the engine is asked', () => {
    expect(unreadField(draft)).toBeNull()
    expect(unreadField({ ...draft, labels: '["cat", "dog"]' })).toBeNull()
    expect(unreadField({ ...draft, labels: '["cat", 1]' })).toBe('labels')
    expect(unreadField({ ...draft, labels: '{"cat"' })).toBe('labels')
    expect(unreadField({ ...draft, side: '12.5' })).toBe('side')
    expect(unreadField({ ...draft, side: 'big' })).toBe('side')
  })

  it('is where errors of the engine can be mended', () => {
    const file = newDraft('/m/model.json')
    expect(fieldOf('model.preprocessing-unknown', file)).toBe('preprocess')
    expect(fieldOf('model.labels', file)).toBe('labels')
    expect(fieldOf('model.layer-missing', file)).toBe('layer')
    expect(fieldOf('model.card', draft)).toBe('side')
    expect(fieldOf('model.card', file)).toBe('path')
    expect(fieldOf('model.format', file)).toBe('path')
    expect(fieldOf('model.format', newDraft('/m/W.H5'))).toBe('architecture')
    expect(fieldOf('file.missing', file)).toBe('path')
  })
})

describe('a run that is put together', () => {
  it('asks the engine about a file, and again when something else is said of it', async () => {
    const engine = makeWindow()
    engine.handlers['classifier.describe'] = ({ model }) => {
      if (model.card?.preprocess === 'tf') return info
      throw new AppError('model.preprocessing-unknown', 'how it wants its input is not known', { hint: '--preprocess' })
    }
    const run = useRunDraft()
    await run.addFile('/m/pets/model.json')
    expect(run.models).toMatchObject([{ name: 'pets', info: null, problem: { field: 'preprocess' } }])
    expect(run.models[0]!.problem!.text).not.toContain('--preprocess')
    run.say(run.models[0]!.id, { preprocess: 'tf' })
    expect(run.models[0]!.problem).toBeNull()
    expect(await run.readAll()).toBe(true)
    expect(run.models[0]!.info).toEqual(info)
    const nAsked = engine.calls.length
    expect(await run.readAll()).toBe(true)
    expect(engine.calls).toHaveLength(nAsked)
    run.setRuntime('wasm')
    expect(await run.readAll()).toBe(true)
    expect(engine.calls.at(-1)!.input).toMatchObject({ model: { runtime: 'wasm' } })
    expect(run.requests).toEqual([{ path: '/m/pets/model.json', card: { preprocess: 'tf' }, runtime: 'wasm' }])
  })

  it('asks nothing about what cannot be meant', async () => {
    const engine = makeWindow({ 'classifier.describe': () => info })
    const run = useRunDraft()
    await run.addFile('/m/model.json')
    run.say(run.models[0]!.id, { side: 'big' })
    expect(await run.readAll()).toBe(false)
    expect(run.models[0]!.problem).toMatchObject({ field: 'side' })
    expect(engine.calls).toHaveLength(1)
  })

  it('takes the same file once', async () => {
    makeWindow({ 'classifier.describe': () => info })
    const run = useRunDraft()
    await run.addFile('/m/model.json')
    await run.addFile('/m/model.json')
    expect(run.models).toHaveLength(1)
    run.remove(run.models[0]!.id)
    expect(run.isComplete).toBe(false)
  })

  it('takes entries of the catalogue with their network, and lets go of those that are gone', () => {
    makeWindow()
    const run = useRunDraft()
    const row = {
      id: 'vgg16',
      architecture: { name: 'vgg16', alpha: 1, top: true },
      state: { kind: 'present', path: '/m/vgg16.h5' },
    } as unknown as PresentModel
    run.toggleEntry(row)
    expect(run.requests).toEqual([{ path: '/m/vgg16.h5', architecture: row.architecture, card: {}, runtime: 'auto' }])
    run.toggleEntry(row)
    expect(run.models).toEqual([])
    run.toggleEntry(row)
    run.freshen()
    expect(run.models).toEqual([])
  })

  it('needs a method, of all that there are', async () => {
    makeWindow({ 'explainers.list': () => ({ explainers: ['occlusion', 'lime', 'gradcam'].map((id) => ({ id })) }) })
    await useExplainers().load()
    const run = useRunDraft()
    run.toggleMethod('occlusion')
    expect(run.methods).toEqual(['gradcam'])
    run.toggleMethod('gradcam')
    expect(run.isComplete).toBe(false)
    run.toggleMethod('gradcam')
    run.toggleMethod('occlusion')
    run.toggleMethod('lime')
    expect(run.methods).toEqual(['occlusion', 'lime', 'gradcam'])
  })
})
