import { afterEach, describe, expect, it, vi } from 'vitest'
import { AppError } from '#common/contract/errors.ts'
import type { CatalogueRow, CatalogueState, TransferProgress } from '#common/contract/procedures/catalogue.ts'
import { modelName, speedInWords, stateInWords, transferInWords } from '../../../renderer/stores/model-names.ts'
import { useModels } from '../../../renderer/stores/models.ts'
import { useShell } from '../../../renderer/stores/shell.ts'
import { useToasts } from '../../../renderer/stores/toasts.ts'
import { lost, makeWindow, type FakeEngine } from './fake-window.ts'

afterEach(() => vi.unstubAllGlobals())

const present: CatalogueState = {
  kind: 'present',
  path: '/m/vgg16.h5',
  bytes: 500,
  sha256: 'ab',
  verifiedBy: 'hash',
  isOwn: true,
}

const detector: CatalogueRow = {
  id: 'maskrcnn-12',
  purpose: 'detecting',
  detector: { architecture: 'onnx', name: 'Mask R-CNN on ResNet50', side: 800, of: 'short-side' },
  file: 'mask-rcnn/MaskRCNN-12.onnx',
  bytes: 500,
  md5: null,
  sha256: 'ab',
  licence: { name: 'MIT', url: 'https://example.org/licence' },
  source: 'https://example.org/',
  url: 'https://example.org/mask-rcnn/MaskRCNN-12.onnx',
  state: { ...present, path: '/m/MaskRCNN-12.onnx' },
}

function row(id: string, top: boolean, state: CatalogueState = { kind: 'absent' }): CatalogueRow {
  return {
    id,
    purpose: top ? 'classifying' : 'fine-tuning',
    architecture: { name: 'vgg16', alpha: 1, top },
    inputSize: 224,
    file: 'vgg16/weights.h5',
    bytes: 500,
    md5: null,
    sha256: null,
    licence: { name: 'MIT', url: 'https://example.org/licence' },
    source: 'https://example.org/',
    url: 'https://example.org/vgg16/weights.h5',
    preprocess: 'caffe',
    layer: 'block5_conv3',
    state,
  }
}

/** An engine whose list is what `state` says of its first model. */
function makeLibrary(state: CatalogueState = { kind: 'absent' }): FakeEngine & { state: CatalogueState } {
  const library = Object.assign(makeWindow(), { state })
  library.handlers['catalogue.list'] = () => ({
    folder: '/models',
    models: [row('vgg16', true, library.state), row('vgg16-notop', false), detector],
  })
  return library
}

describe('the list of models', () => {
  it('tells those with classes, those for training, and those that can be run', async () => {
    makeLibrary(present)
    const models = useModels()
    await models.load()
    expect(models.folder).toBe('/models')
    expect(models.classifying.map(({ id }) => id)).toEqual(['vgg16'])
    expect(models.forTraining.map(({ id }) => id)).toEqual(['vgg16-notop'])
    expect(models.present.map(({ state }) => state.path)).toEqual(['/m/vgg16.h5'])
    expect(models.detecting.map(modelName)).toEqual(['Mask R-CNN on ResNet50, COCO'])
    expect(models.presentDetectors.map(({ state }) => state.path)).toEqual(['/m/MaskRCNN-12.onnx'])
  })

  it('is read again when the engine comes back', async () => {
    const library = makeLibrary()
    const models = useModels()
    await models.load()
    library.state = { kind: 'partial', bytes: 3, isUnderWay: false }
    library.setState('down')
    library.setState('up')
    await vi.waitFor(() => expect(models.rows[0]!.state).toEqual(library.state))
  })
})

describe('a download', () => {
  it('is told in its row while it runs, and its end elsewhere', async () => {
    const library = makeLibrary()
    const models = useModels()
    await models.load()
    const { promise, resolve } = Promise.withResolvers<CatalogueRow>()
    library.handlers['catalogue.download'] = () => promise
    const done = models.download('vgg16')
    expect(models.transfers).toEqual({ vgg16: { progress: null, isStopping: false } })
    await models.download('vgg16') // it is under way already
    expect(library.calls.filter(({ name }) => name === 'catalogue.download')).toHaveLength(1)
    useShell().show('images')
    resolve(row('vgg16', true, present))
    await done
    expect(models.transfers).toEqual({})
    expect(models.rows[0]!.state).toEqual(present)
    expect(useToasts().shown).toMatchObject([{ kind: 'done', title: 'VGG16, ImageNet is here.' }])
  })

  it('that failed says why in its row, until it is tried again', async () => {
    const library = makeLibrary()
    const models = useModels()
    await models.load()
    library.handlers['catalogue.download'] = () => {
      throw new AppError('download.failed', 'the server was cut off', { hint: 'Check the network.' })
    }
    library.state = { kind: 'partial', bytes: 3, isUnderWay: false }
    await models.download('vgg16')
    expect(models.failures).toEqual({ vgg16: 'The server was cut off. Check the network.' })
    expect(models.rows[0]!.state).toEqual(library.state)
    library.handlers['catalogue.download'] = () => row('vgg16', true, present)
    await models.download('vgg16')
    expect(models.failures).toEqual({})
  })

  it('that a person cancelled is no failure', async () => {
    const library = makeLibrary()
    const models = useModels()
    await models.load()
    library.handlers['catalogue.download'] = () => {
      throw new AppError('aborted', 'the download was stopped')
    }
    const done = models.download('vgg16')
    models.cancel('vgg16')
    expect(models.transfers['vgg16']).toMatchObject({ isStopping: true })
    await done
    expect([models.failures, models.transfers]).toEqual([{}, {}])
    models.cancel('vgg16') // there is none any more
    expect(models.transfers).toEqual({})
  })

  it('that went with the engine says so, and asks nobody who is gone', async () => {
    const library = makeLibrary()
    const models = useModels()
    await models.load()
    library.handlers['catalogue.download'] = lost
    await models.download('vgg16')
    expect(models.failures['vgg16']).toBeTruthy()
    expect(library.calls.filter(({ name }) => name === 'catalogue.list')).toHaveLength(1)
  })
})

describe('words for models', () => {
  it('name networks as papers do', () => {
    const mobilenet = (alpha: 0.25 | 1, top: boolean): string =>
      modelName({ architecture: { name: 'mobilenet', alpha, top } })
    expect([mobilenet(0.25, true), mobilenet(1, false)]).toEqual([
      'MobileNet 0.25, ImageNet',
      'MobileNet 1.0, without classes',
    ])
  })

  it('say what there is of an entry', () => {
    const partial = { kind: 'partial', bytes: 2 ** 20, isUnderWay: false } as const
    expect(stateInWords(partial, 4 * 2 ** 20)).toBe('1\u202fMB of 4\u202fMB downloaded.')
    expect(stateInWords(partial, null)).toBe('1\u202fMB downloaded.')
    expect(stateInWords({ ...partial, isUnderWay: true }, null)).toBe('Another window downloads it.')
    expect(stateInWords(present, 500)).toBe('Checksum matches the catalogue.')
    expect(stateInWords({ ...present, verifiedBy: 'structure', isOwn: false }, null)).toContain('Your own file.')
    expect(stateInWords({ kind: 'bad', path: '/x', reason: 'changed' }, null)).toContain('changed')
  })

  it('say how far and how fast a download is', () => {
    const progress: TransferProgress = {
      step: 'downloading',
      done: 120 * 2 ** 20,
      total: 528 * 2 ** 20,
      etaMs: 40_000,
      bytesPerSecond: 12 * 2 ** 20,
    }
    expect(transferInWords(progress)).toBe('120\u202fMB of 528\u202fMB, 12\u202fMB/s, 40\u202fs left')
    expect(transferInWords({ ...progress, total: null, etaMs: null, bytesPerSecond: null })).toBe('120\u202fMB')
    expect(transferInWords({ ...progress, step: 'verifying' })).toBe('Checking it')
    expect(transferInWords(null)).toBe('Starting…')
  })
})

describe('speeds', () => {
  const speed = { sha256: 'ab', runtime: 'onnx', work: 'predict', secondsPerImage: 0.0123, measuredAt: 5 }

  it('are asked for when a card is looked at', async () => {
    const library = makeLibrary()
    library.handlers['runtime.speeds'] = () => ({ speeds: [speed] })
    const models = useModels()
    expect(models.speeds).toEqual([])
    await models.loadSpeeds()
    expect(models.speeds).toEqual([speed])
  })

  it('say what took how long, and where', () => {
    expect(speedInWords({ ...speed, work: 'detect 1024' })).toBe('Finding objects: 12\u202fms a photo (ONNX Runtime)')
    expect(speedInWords(speed)).toBe('Prediction: 12\u202fms a photo (ONNX Runtime)')
    const slow = { ...speed, work: 'gradcam paper', runtime: 'onnx+wasm', secondsPerImage: 1.25 }
    expect(speedInWords(slow)).toBe('Grad-CAM, paper: 1.3\u202fs a photo (ONNX Runtime, WebAssembly)')
  })
})
