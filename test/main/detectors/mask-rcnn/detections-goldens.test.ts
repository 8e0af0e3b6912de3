import { readFileSync } from 'node:fs'
import { expect, it, onTestFinished } from 'vitest'
import { countOverlap, iou } from '#common/mask/overlap.ts'
import { rleArea } from '#common/mask/rle.ts'
import { decompressCounts } from '#common/mask/rle-string.ts'
import { maskRcnn } from '#main/detectors/mask-rcnn.ts'
import { decodeImage } from '#main/files/decode-image.ts'
import { onnxRuntime } from '#main/tensor/onnx/onnx-runtime.ts'
import type { Runtime } from '#main/tensor/runtime.ts'
import { temporaryFolder } from '../../../builders/temporary-folder.ts'
import { describeWithData, testData } from '../../../builders/test-data.ts'
import { writeJson } from '../../datasets/dataset-tools.ts'
import { describeOnRuntimes } from '../../tensor/each-runtime.ts'

interface Golden {
  readonly results: readonly {
    readonly class_id: number
    readonly score: number
    /** y1 x1 y2 x2 */
    readonly roi: readonly [number, number, number, number]
    readonly area: number
    readonly rle: { readonly size: readonly [number, number]; readonly counts: string }
  }[]
}

const goldens = 'goldens/mask-rcnn'

interface Case {
  readonly weights: string
  readonly folder: string
  readonly photo: string
}

async function expectGolden(runtime: Runtime, { weights, folder, photo }: Case): Promise<void> {
  const { config } = JSON.parse(readFileSync(testData(`${goldens}/${folder}/index.json`), 'utf8')) as {
    config: object
  }
  await runtime.start()
  const path = testData(`${goldens}/${weights}`)
  const detector = await maskRcnn.load(
    {
      ...{ path, architecture: 'maskrcnn', runtime: 'auto' },
      config: writeJson(temporaryFolder(), 'config.json', { config }),
    },
    [runtime],
  )
  onTestFinished(() => detector.dispose())
  expect(detector.info.runtime).toBe(runtime.id)
  const shares: number[] = []
  const found = await detector.detect(await decodeImage(testData(`${goldens}/${folder}/${photo}/input.png`)), {
    minScore: null,
    signal: new AbortController().signal,
    onProgress: (share) => shares.push(share),
  })
  const { results } = JSON.parse(readFileSync(testData(`${goldens}/${folder}/${photo}/golden.json`), 'utf8')) as Golden
  expect(results.length).toBeGreaterThan(5)
  expect(found.map(({ classIndex }) => classIndex)).toEqual(results.map(({ class_id: id }) => id))
  for (const [i, { score, roi, area, rle }] of results.entries()) {
    const [top, left, bottom, right] = roi
    const own = found[i]!
    expect(Math.abs(own.score - score)).toBeLessThan(1e-3)
    expect(own.bbox).toEqual([left, top, right - left, bottom - top])
    const [height, width] = rle.size
    const expected = { width, height, counts: decompressCounts(rle.counts, width * height) }
    const isNear = Math.abs(rleArea(own.rle) - area) <= 4
    expect(isNear || (iou(countOverlap(own.rle, expected)) ?? 0) >= 0.995).toBe(true)
  }
  expect(shares.at(-1)).toBe(1)
}

describeWithData('Mask R-CNN on ResNet101 from a photo to its objects', () => {
  it.each(['000000006818', '000000085329'])(
    'finds what Matterport’s code finds: %s',
    (photo) =>
      expectGolden(onnxRuntime, { weights: 'mask_rcnn_coco_like.h5', folder: 'inference-resnet101-256', photo }),
    120_000,
  )
})

describeWithData('Mask R-CNN from a photo to its objects', () => {
  describeOnRuntimes('on ResNet50', (runtime) => {
    it('finds what Matterport’s code finds', async () => {
      const folder = 'inference-resnet50-320'
      await expectGolden(runtime, { weights: 'mask_rcnn_resnet50.h5', folder, photo: '000000085329' })
    }, 120_000)
  })
})
