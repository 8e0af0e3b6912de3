import { afterEach, describe, expect, it, vi } from 'vitest'
import { AppError } from '#common/contract/errors.ts'
import { useDetectorDraft } from '../../../renderer/stores/detector-draft.ts'
import { useModels } from '../../../renderer/stores/models.ts'
import { makeWindow } from './fake-window.ts'

afterEach(() => vi.unstubAllGlobals())

/** A catalogue whose Mask R-CNN lies under a name of the person's. */
const catalogue = () => ({
  folder: '/models',
  models: [
    {
      id: 'maskrcnn-12',
      purpose: 'detecting',
      detector: { architecture: 'onnx', name: 'Mask R-CNN on ResNet50', side: 800, of: 'short-side' },
      state: { kind: 'present', path: '/m/zoo.bin' },
    },
    {
      id: 'maskrcnn-coco',
      purpose: 'detecting',
      detector: { architecture: 'maskrcnn', name: 'Mask R-CNN on ResNet101', side: 1024, of: 'square' },
      state: { kind: 'absent' },
    },
  ],
})

describe('a detector that is chosen', () => {
  it('may be one of the catalogue, which says itself what it is', async () => {
    makeWindow({ 'catalogue.list': catalogue })
    await useModels().load()
    const draft = useDetectorDraft()
    draft.config = '/m/config.json'
    draft.toggle('maskrcnn-12')
    expect(draft.entry?.id).toBe('maskrcnn-12')
    expect(draft.hasConfig).toBe(false)
    expect(draft.request).toEqual({ path: '/m/zoo.bin', architecture: 'onnx' })
    draft.toggle('maskrcnn-12')
    expect(draft.path).toBe('')
    expect(draft.entry).toBeNull()
    // one that is not here
    draft.toggle('maskrcnn-coco')
    expect(draft.path).toBe('')
  })

  it('may be a file, whose ending tells what it is', () => {
    makeWindow({ 'catalogue.list': catalogue })
    const draft = useDetectorDraft()
    draft.path = ' /m/own.ONNX '
    expect(draft.request).toEqual({ path: '/m/own.ONNX', architecture: 'onnx' })
    draft.path = '/m/balloon.h5'
    draft.config = ' /m/balloon.json '
    expect(draft.hasConfig).toBe(true)
    expect(draft.request).toEqual({ path: '/m/balloon.h5', architecture: 'maskrcnn', config: '/m/balloon.json' })
  })

  it('is described as it is said now', async () => {
    const engine = makeWindow({ 'detector.describe': () => ({ label: 'Mask R-CNN' }) })
    const draft = useDetectorDraft()
    draft.path = '/m/own.onnx'
    await draft.look()
    expect(draft.info).toEqual({ label: 'Mask R-CNN' })
    draft.path = '/m/other.onnx'
    await vi.waitFor(() => expect(draft.info).toBeNull())
    engine.handlers['detector.describe'] = () => {
      throw new AppError('file.missing', 'it is gone')
    }
    await draft.look()
    expect(draft.problem).toBe('It is gone.')
  })
})
