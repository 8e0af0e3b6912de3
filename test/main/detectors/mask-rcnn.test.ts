import * as tf from '@tensorflow/tfjs'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import type { RgbImage } from '#common/image/rgb-image.ts'
import { rleBbox } from '#common/mask/rle.ts'
import type { Detector } from '#main/detectors/detector.ts'
import { maskRcnn } from '#main/detectors/mask-rcnn.ts'
import { decodeImage } from '#main/files/decode-image.ts'
import { onnxRuntime } from '#main/tensor/onnx/onnx-runtime.ts'
import type { Runtime } from '#main/tensor/runtime.ts'
import { wasmRuntime } from '#main/tensor/tfjs/wasm-runtime.ts'
import { describeWithData, testData } from '../../builders/test-data.ts'
import { writeJson } from '../datasets/dataset-tools.ts'
import { codeOf, folderIn, useFolder } from '../engine/engine-tools.ts'

const path = testData('goldens/mask-rcnn/mask_rcnn_resnet50.h5')
/** Small, so that a photo takes tenths of a second. */
const small = { IMAGE_MIN_DIM: 0, IMAGE_MAX_DIM: 128 }
const { signal } = new AbortController()
const folder = useFolder()
const quiet = { minScore: null, signal, onProgress: () => undefined }

function load(fields: object = {}, runtime: Runtime = onnxRuntime): Promise<Detector> {
  const config = writeJson(folderIn(folder), 'config.json', { ...small, ...fields })
  return maskRcnn.load({ path, config, architecture: 'maskrcnn', runtime: 'auto' }, [runtime])
}

describeWithData('Mask R-CNN with weights of Matterport’s', () => {
  let photo: RgbImage
  let detector: Detector

  beforeAll(async () => {
    detector = await load({ DETECTION_MIN_CONFIDENCE: 0 })
    photo = await decodeImage(testData('goldens/mask-rcnn/inference-resnet50-320/000000085329/input.png'))
  }, 60_000)

  afterAll(() => detector.dispose())

  it('gives what is at or above the least score, down to nothing', async () => {
    const all = await detector.detect(photo, quiet)
    const scores = all.map(({ score }) => score)
    expect(scores.length).toBeGreaterThan(2)
    expect(scores).toEqual([...scores].sort((a, b) => b - a))
    for (const { rle, bbox } of all) {
      expect(rle).toMatchObject({ width: photo.width, height: photo.height })
      const [left, top, width, height] = rleBbox(rle)
      if (width === 0) continue
      expect([left >= bbox[0], top >= bbox[1]]).toEqual([true, true])
      expect([left + width <= bbox[0] + bbox[2], top + height <= bbox[1] + bbox[3]]).toEqual([true, true])
    }
    const least = scores[1]!
    expect(await detector.detect(photo, { ...quiet, minScore: least })).toEqual(
      all.filter(({ score }) => score >= least),
    )
    expect(await detector.detect(photo, { ...quiet, minScore: 1 })).toEqual([])
  })

  it('ends a cancelled photo at the next step, and does the one after', async () => {
    const controller = new AbortController()
    const shares: number[] = []
    const onProgress = (share: number): void => {
      shares.push(share)
      controller.abort(new Error('enough'))
    }
    await expect(detector.detect(photo, { minScore: null, signal: controller.signal, onProgress })).rejects.toThrow(
      'enough',
    )
    expect(shares).toHaveLength(1)
    await expect(detector.detect(photo, quiet)).resolves.toBeDefined()
  })

  it.each([
    [1, 1],
    [3000, 1],
    [1, 500],
    [5, 4],
  ])('takes a photo of %i×%i pixels', async (width, height) => {
    // prettier-ignore
    const tiny = { width, height, data: new Uint8Array(width * height * 3).fill(90) }
    for (const { bbox, rle } of await detector.detect(tiny, quiet)) {
      expect(rle).toMatchObject({ width, height })
      expect([bbox[0] + bbox[2] <= width, bbox[1] + bbox[3] <= height]).toEqual([true, true])
    }
  })

  it('calls its classes as the configuration does', async () => {
    const names = Array.from({ length: 80 }, (_, i) => `thing ${i}`)
    const named = await load({ CLASS_NAMES: names })
    onTestFinished(() => named.dispose())
    expect(named.info.classes.map(({ name }) => name)).toEqual(names)
    expect(named.info.classes.at(-1)).toEqual({ index: 80, name: 'thing 79', categoryId: 80 })
  })

  it('gives back what it took', async () => {
    await wasmRuntime.start()
    await tf.setBackend('wasm')
    const before = tf.memory().numTensors
    const own = await load({}, wasmRuntime)
    await own.detect(photo, quiet)
    expect(tf.memory().numTensors).toBeGreaterThan(before)
    await own.dispose()
    expect(tf.memory().numTensors).toBe(before)
    expect(await codeOf(load({ NUM_CLASSES: 2 }, wasmRuntime))).toBe('model.card')
    expect(tf.memory().numTensors).toBe(before)
  }, 60_000)
})
