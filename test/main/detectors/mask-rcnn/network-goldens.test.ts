import { readFileSync } from 'node:fs'
import sharp from 'sharp'
import { expect, it, onTestFinished } from 'vitest'
import { pyramidLevels, trunk } from '#main/detectors/mask-rcnn/network.ts'
import { openWeights } from '#main/detectors/mask-rcnn/weights.ts'
import { foldGraph } from '#main/tensor/fold.ts'
import { onnxRuntime } from '#main/tensor/onnx/onnx-runtime.ts'
import { storedWeights } from '#main/tensor/stored-weights.ts'
import { describeWithData, testData } from '../../../builders/test-data.ts'

interface Stage {
  readonly shape: readonly number[]
  readonly std: number
  readonly probes: { readonly flat: readonly number[]; readonly value: readonly number[] }
}

const goldens = 'goldens/mask-rcnn'
const meanPixel = [123.7, 116.8, 103.9]

/** The photo as the network is given it, from the one that the reference resized. */
async function moldedPhoto(folder: string): Promise<{ input: Float32Array; side: number }> {
  const { data, info } = await sharp(testData(`${goldens}/${folder}/resized_padded.png`))
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
  return { input: Float32Array.from(data, (value, i) => value - meanPixel[i % 3]!), side: info.width }
}

/** Values of all levels behind each other, as the reference joins them. */
function joined(values: ReadonlyMap<string, Float32Array>, what: 'class' | 'box'): Float32Array {
  return Float32Array.from(pyramidLevels.flatMap((level) => [...values.get(`${level}/${what}`)!]))
}

describeWithData('the dense parts of Mask R-CNN', () => {
  it.each([
    ['mask_rcnn_coco_like.h5', 'inference-resnet101-256/000000006818', 'resnet101'],
    ['mask_rcnn_coco_like.h5', 'inference-resnet101-256/000000085329', 'resnet101'],
    ['mask_rcnn_resnet50.h5', 'inference-resnet50-320/000000085329', 'resnet50'],
  ])(
    'give the numbers of Matterport’s code: %s, %s',
    async (weightFile, folder, backbone) => {
      const { stages } = JSON.parse(readFileSync(testData(`${goldens}/${folder}/golden.json`), 'utf8')) as {
        stages: Record<string, Stage>
      }
      const path = testData(`${goldens}/${weightFile}`)
      const { shape, tensors, file } = await openWeights(path)
      onTestFinished(() => file.close())
      expect(shape).toEqual({ backbone, nClasses: 81, nRatios: 3, poolSize: 7, maskPoolSize: 14 })
      const { input, side } = await moldedPhoto(folder)
      const { graph, outputs } = trunk(shape, side, storedWeights(path, tensors))
      const network = await onnxRuntime.load(foldGraph(graph, new Set(outputs.values())), outputs)
      onTestFinished(() => network.dispose())
      const values = await network.run(input, 1, [...outputs.keys()])
      const found: Record<string, Float32Array> = {
        rpn_class_logits: joined(values, 'class'),
        rpn_bbox: joined(values, 'box'),
      }
      for (const name of ['C2', 'C3', 'C4', 'C5', 'P2', 'P3', 'P4', 'P5', 'P6'])
        found[name] = values.get(name.toLowerCase())!
      for (const [name, value] of Object.entries(found)) {
        const { probes, std, shape: expected } = stages[name]!
        expect(value.length, name).toBe(expected.reduce((a, b) => a * b))
        const differences = probes.flat.map((at, i) => Math.abs(value[at]! - probes.value[i]!))
        expect(Math.max(...differences), name).toBeLessThan(1e-4 * std)
      }
    },
    120_000,
  )
})
