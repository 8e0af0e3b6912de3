import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { RgbImage } from '#common/image/rgb-image.ts'
import { decodeRle, rleArea, rleBbox } from '#common/mask/rle.ts'
import type { Detector, FoundObject } from '#main/detectors/detector.ts'
import { onnxMaskRcnn } from '#main/detectors/onnx-mask-rcnn.ts'
import { onnxRuntime } from '#main/tensor/onnx/onnx-runtime.ts'
import { wasmRuntime } from '#main/tensor/tfjs/wasm-runtime.ts'
import { floatTensor, integerTensor, writeOnnx, type FileModel } from '../../builders/onnx-file.ts'
import { detectorModel, writeSmallDetector, type SmallObject } from '../../builders/small-detector.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { errorOf } from '../engine/engine-tools.ts'

const request = { architecture: 'onnx', runtime: 'auto' } as const
const { signal } = new AbortController()

async function load(path: string): Promise<Detector> {
  const detector = await onnxMaskRcnn.load({ ...request, path }, [onnxRuntime])
  onTestFinished(() => detector.dispose())
  return detector
}

function detect(detector: Detector, photo: RgbImage, minScore: number | null = null): Promise<readonly FoundObject[]> {
  return detector.detect(photo, { minScore, signal, onProgress: () => undefined })
}

function plain(width: number, height: number, byte = 120): RgbImage {
  return { width, height, data: new Uint8Array(width * height * 3).fill(byte) }
}

const box = [4, 6, 20, 18] as const
const cat: SmallObject = { label: 17, score: 0.9, box }

describe('a Mask R-CNN of torchvision', () => {
  it('says what it is', async () => {
    const path = writeSmallDetector(temporaryFolder())
    const detector = await load(path)
    const { classes, sha256, settings, ...info } = detector.info
    expect(info).toEqual({
      ...{ name: 'model', label: 'Mask R-CNN, torchvision', runtime: 'onnx', minScore: 0, side: null },
    })
    expect(classes).toHaveLength(80)
    for (const hash of [sha256, settings]) expect(hash).toMatch(/^[0-9a-f]{64}$/)
    expect(detector.bytes).toBeGreaterThan(0)
  })

  it('gives boxes in pixels of the photo and pastes its masks into them', async () => {
    const detector = await load(writeSmallDetector(temporaryFolder()))
    const [found, ...others] = await detect(detector, plain(40, 30))
    expect(others).toEqual([])
    expect(found).toMatchObject({ classIndex: 17, bbox: [4, 6, 16, 12] })
    expect(found!.score).toBeCloseTo(0.9, 6)
    expect(found!.rle).toMatchObject({ width: 40, height: 30 })
    const [x, y, width, height] = rleBbox(found!.rle)
    // to the pixel: paste-mask.test.ts
    for (const [value, expected] of [
      [x, 4],
      [y, 6],
      [x + width, 20],
      [y + height, 18],
    ] as const) {
      // prettier-ignore
      expect(Math.abs(value - expected)).toBeLessThanOrEqual(1)
    }
  })

  it('gives the best first and leaves out what is below the least score, what has no name and what has no pixels', async () => {
    const objects: SmallObject[] = [
      { ...cat, score: 0.25 },
      { ...cat, label: 18, score: 0.75 },
      { ...cat, label: 12, score: 0.99 }, // an id that COCO does not use
      { ...cat, label: 0, score: 0.99 },
      { ...cat, label: 91, score: 0.99 },
      { ...cat, label: 1, score: 0.95, mask: 0.4 },
      { ...cat, label: 1, score: 0.95, box: [400, 400, 420, 420] },
      { ...cat, label: 1, score: 0.5 },
      { ...cat, label: 3, score: NaN },
    ]
    const detector = await load(writeSmallDetector(temporaryFolder(), { objects }))
    const found = async (minScore: number | null) =>
      (await detect(detector, plain(40, 30), minScore)).map(({ classIndex, score }) => [classIndex, score])
    const [dog, person, last] = [[18, 0.75], [1, 0.5], [17, 0.25]] as const // prettier-ignore
    expect(await found(null)).toEqual([dog, person, last])
    expect(await found(0.5)).toEqual([dog, person])
    expect(await found(1)).toEqual([])
  })

  it('takes masks at the size of its input as they are', async () => {
    const detector = await load(writeSmallDetector(temporaryFolder(), { masks: 'bright' }))
    const photo = plain(9, 7, 10)
    for (const i of [0, 30, 62]) photo.data[3 * i] = 200
    const [found] = await detect(detector, photo)
    const { data } = decodeRle(found!.rle)
    expect([...data].flatMap((bit, i) => (bit === 1 ? [i] : []))).toEqual([0, 30, 62])
  })

  it('brings boxes and masks of a photo that was made smaller back to it', async () => {
    const detector = await load(writeSmallDetector(temporaryFolder(), { masks: 'bright' }))
    const photo = plain(4000, 2500, 10)
    for (let y = 0; y < 2500; y++) photo.data.fill(250, 3 * y * 4000, 3 * (y * 4000 + 1000)) // its left quarter
    const [found] = await detect(detector, photo)
    expect(found!.bbox).toEqual([8, 12, 32, 24])
    expect(rleBbox(found!.rle)).toEqual([0, 0, 1000, 2500])
    expect(rleArea(found!.rle)).toBe(1000 * 2500)
  })

  it('finds nothing where there is nothing', async () => {
    const detector = await load(writeSmallDetector(temporaryFolder(), { objects: [] }))
    expect(await detect(detector, plain(5, 5))).toEqual([])
  })

  it('ends a cancelled photo with its reason, and tells when it is done', async () => {
    const detector = await load(writeSmallDetector(temporaryFolder()))
    const controller = new AbortController()
    controller.abort(new Error('enough'))
    const shares: number[] = []
    const options = { minScore: null, onProgress: (share: number) => shares.push(share) }
    await expect(detector.detect(plain(5, 5), { ...options, signal: controller.signal })).rejects.toThrow('enough')
    expect(shares).toEqual([])
    await detector.detect(plain(5, 5), { ...options, signal })
    expect(shares).toEqual([1])
  })
})

describe('a Mask R-CNN of the model zoo', () => {
  it('gives boxes of its input, which are brought back to the photo', async () => {
    const objects: SmallObject[] = [{ label: 16, score: 0.5, box: [400, 200, 800, 600] }]
    const path = writeSmallDetector(temporaryFolder(), { objects, nClasses: 81, isNormalising: false })
    const detector = await load(path)
    expect(detector.info.label).toBe('Mask R-CNN, ONNX model zoo')
    // 60×40 becomes 1200×800, and 1216×800 with its padding
    const [found] = await detect(detector, plain(60, 40))
    expect(found).toMatchObject({ classIndex: 16, bbox: [20, 10, 20, 20] })
    const [x, y, width, height] = rleBbox(found!.rle)
    expect([x, y]).toEqual([20, 10])
    expect(Math.abs(width - 20)).toBeLessThanOrEqual(1)
    expect(Math.abs(height - 20)).toBeLessThanOrEqual(1)
  })

  it('may give masks at the size of its input: what is padding is not the photo', async () => {
    const path = writeSmallDetector(temporaryFolder(), { masks: 'bright', isNormalising: false })
    const detector = await load(path)
    const photo = plain(405, 400, 0) // 810×800, 832×800 with its padding
    for (let y = 0; y < 400; y++)
      for (let x = 300; x < 405; x++) photo.data.fill(250, 3 * (y * 405 + x), 3 * (y * 405 + x) + 3)
    const [found] = await detect(detector, photo)
    expect(rleBbox(found!.rle)).toEqual([300, 0, 105, 400])
  })
})

describe('what is no Mask R-CNN', () => {
  async function refusal(path: string, more: object = {}) {
    const { code, message, hint } = await errorOf(onnxMaskRcnn.load({ ...request, path, ...more }, [onnxRuntime]))
    expect(message).not.toContain('\n')
    return { code, message, hint }
  }

  it.each<[string, (model: FileModel) => Partial<FileModel>]>([
    ['labels of int32', ({ outputs }) => ({ outputs: outputs!.with(1, { name: 'labels', shape: ['n'], type: 6 }) })],
    ['masks of rank 3', ({ outputs }) => ({ outputs: outputs!.with(3, { name: 'masks', shape: ['n', 28, 28] }) })],
    [
      'a classifier of photos',
      () => ({
        inputs: [{ name: 'image', shape: [1, 3, 224, 224] }],
        outputs: [{ name: 'scores', shape: [1, 1000] }],
      }),
    ],
    ['an operator that there is not', ({ nodes }) => ({ nodes: nodes.with(0, { ...nodes[0]!, type: 'Sorcery' }) })],
    ['a value that nothing gives', ({ nodes }) => ({ nodes: nodes.slice(1) })],
  ])('is refused in one line: %s', async (_, change) => {
    const model = detectorModel()
    expect((await refusal(writeOnnx({ ...model, ...change(model) }))).code).toBe('model.format')
  })

  it('is refused in one line: no ONNX, a file cut off, none', async () => {
    const folder = temporaryFolder()
    const text = join(folder, 'text.onnx')
    writeFileSync(text, 'this is no network')
    expect((await refusal(text)).code).toBe('model.format')
    const path = writeSmallDetector(folder)
    const whole = readFileSync(path)
    for (const share of [0.1, 0.5, 0.9]) {
      writeFileSync(path, whole.subarray(0, Math.floor(whole.length * share)))
      expect((await refusal(path)).code).toBe('model.format')
    }
    expect((await refusal(join(folder, 'none.onnx'))).code).toBe('file.missing')
  })

  it('cannot be configured, nor run elsewhere', async () => {
    const path = writeSmallDetector(temporaryFolder())
    const configured = await refusal(path, { config: '/config.json' })
    expect(configured).toMatchObject({ code: 'request.usage', hint: expect.stringContaining('card.json') as string })
    const elsewhere = await errorOf(onnxMaskRcnn.load({ ...request, path }, [wasmRuntime]))
    expect(elsewhere.code).toBe('runtime.unavailable')
  })

  it.each<[string, RegExp, (model: FileModel) => Partial<FileModel>]>([
    ['boxes of five numbers', /boxes/, (model) => tensors(model, { boxes0: floatTensor([1, 5], [1, 2, 3, 4, 5]) })],
    ['fewer boxes than labels', /boxes/, (model) => tensors(model, { labels0: integerTensor([17, 18]) })],
    ['fewer scores than labels', /scores/, (model) => tensors(model, { scores0: floatTensor([0], []) })],
    [
      'a mask for each class',
      /masks/,
      (model) => tensors(model, { masks0: floatTensor([1, 2, 4, 4], new Float32Array(32)) }),
    ],
    [
      'masks that are neither square nor the photo’s',
      /masks/,
      (model) => tensors(model, { masks0: floatTensor([1, 1, 4, 6], new Float32Array(24)) }),
    ],
  ])('is known when it runs, too: %s', async (_, why, change) => {
    const model = detectorModel()
    const outputs = model.outputs!.map((value) => ({ ...value, shape: value.shape.map(() => 'any') }))
    const detector = await load(writeOnnx({ ...model, outputs, ...change(model) }))
    const { code, message } = await errorOf(detect(detector, plain(40, 30)))
    expect({ code, message }).toEqual({ code: 'model.format', message: expect.stringMatching(why) as string })
  })

  it('is known by what it does to a photo', async () => {
    const model = detectorModel()
    const widen = { type: 'Add', inputs: ['image', 'wide'], outputs: ['wider'] }
    const nodes = [widen, { ...model.nodes[0]!, inputs: ['wider'] }, ...model.nodes.slice(1)]
    const wide = floatTensor([1, 1, 41], new Float32Array(41))
    const detector = await load(writeOnnx({ ...model, nodes, tensors: { ...model.tensors, wide } }))
    const { code, message } = await errorOf(detect(detector, plain(40, 30)))
    expect(code).toBe('model.format')
    expect(message).toMatch(/^ONNX Runtime cannot run on a photo of 40×30: [^\n]+$/)
  })
})

function tensors(model: FileModel, changed: NonNullable<FileModel['tensors']>): Partial<FileModel> {
  return { tensors: { ...model.tensors, ...changed } }
}
