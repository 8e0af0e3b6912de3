import { createReadStream, createWriteStream, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { expect, it, onTestFinished } from 'vitest'
import { countOverlap, iou } from '#common/mask/overlap.ts'
import { decompressCounts } from '#common/mask/rle-string.ts'
import { onnxMaskRcnn } from '#main/detectors/onnx-mask-rcnn.ts'
import { decodeImage } from '#main/files/decode-image.ts'
import { onnxRuntime } from '#main/tensor/onnx/onnx-runtime.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { describeWithData, testData } from '../../builders/test-data.ts'

interface Golden {
  readonly images: readonly {
    readonly png: string
    readonly detections: readonly {
      readonly box_xyxy: readonly [number, number, number, number]
      readonly label: number
      readonly score: number
      readonly rle: { readonly size: readonly [number, number]; readonly counts: string }
      readonly stable: boolean
    }[]
  }[]
}

const folder = 'goldens/mask-rcnn/onnx'

describeWithData('torchvision’s Mask R-CNN as an ONNX file', () => {
  it('finds what ONNX Runtime gives in Python', async () => {
    const path = join(temporaryFolder(), 'maskrcnn_resnet50_fpn.onnx')
    await pipeline(
      createReadStream(testData(`${folder}/maskrcnn_resnet50_fpn.onnx.gz`)),
      createGunzip(),
      createWriteStream(path),
    )
    const detector = await onnxMaskRcnn.load({ path, architecture: 'onnx', runtime: 'auto' }, [onnxRuntime])
    onTestFinished(() => detector.dispose())
    expect(detector.info).toMatchObject({ label: 'Mask R-CNN, torchvision', minScore: 0, side: null })
    expect(detector.info.classes).toHaveLength(80)
    expect(detector.info.classes.find(({ index }) => index === 17)?.name).toBe('cat')
    const { images } = JSON.parse(readFileSync(testData(`${folder}/golden.json`), 'utf8')) as Golden
    const known = new Set(detector.info.classes.map(({ index }) => index))
    for (const { png, detections } of images) {
      const photo = await decodeImage(testData(`${folder}/${png}`))
      const found = await detector.detect(photo, {
        minScore: null,
        signal: new AbortController().signal,
        onProgress: () => undefined,
      })
      // those of COCO’s unused ids mean nothing
      const expected = detections.filter(({ label, rle }) => known.has(label) && rle.counts !== '')
      expect(expected.length).toBeGreaterThan(5)
      for (const {
        label,
        score,
        box_xyxy: [x1, y1, x2, y2],
        rle,
      } of expected) {
        const [height, width] = rle.size
        const mask = { width, height, counts: decompressCounts(rle.counts, width * height) }
        const own = found.find(
          (each) =>
            each.classIndex === label && Math.abs(each.score - score) < 2e-3 && Math.abs(each.bbox[0] - x1) < 0.5,
        )
        if (countOverlap(mask, mask).first === 0) continue // an empty mask is no object
        expect(own, `${png}: ${label} of ${score}`).toBeDefined()
        const differences = [x1, y1, x2 - x1, y2 - y1].map((value, i) => Math.abs(own!.bbox[i]! - value))
        expect(Math.max(...differences)).toBeLessThan(0.5)
        expect(iou(countOverlap(own!.rle, mask))).toBeGreaterThan(0.995)
      }
      expect(found.length).toBeLessThanOrEqual(expected.length)
      expect(found.map(({ score }) => score)).toEqual([...found.map(({ score }) => score)].sort((a, b) => b - a))
    }
  }, 180_000)
})
