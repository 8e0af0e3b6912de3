import { readFileSync } from 'node:fs'
import sharp from 'sharp'
import { expect, it, onTestFinished } from 'vitest'
import { pyramidLevels, trunk } from '#main/detectors/mask-rcnn/network.ts'
import { openWeights } from '#main/detectors/mask-rcnn/weights.ts'
import { foldGraph } from '#main/tensor/fold.ts'
import { onnxRuntime } from '#main/tensor/onnx/onnx-runtime.ts'
import type { Runtime } from '#main/tensor/runtime.ts'
import { storedWeights } from '#main/tensor/stored-weights.ts'
import { describeWithData, testData } from '../../../builders/test-data.ts'
import { describeOnRuntimes } from '../../tensor/each-runtime.ts'

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

interface Case {
  readonly weights: string
  readonly folder: string
  readonly backbone: string
}

/** Runs the photo through the dense parts and compares each stage with Matterport's. */
async function expectGolden(runtime: Runtime, { weights, folder, backbone }: Case): Promise<void> {
  const { stages } = JSON.parse(readFileSync(testData(`${goldens}/${folder}/golden.json`), 'utf8')) as {
    stages: Record<string, Stage>
  }
  await runtime.start()
  const path = testData(`${goldens}/${weights}`)
  const { shape, tensors, file } = await openWeights(path)
  onTestFinished(() => file.close())
  expect(shape).toEqual({ backbone, nClasses: 81, nRatios: 3, poolSize: 7, maskPoolSize: 14 })
  const { input, side } = await moldedPhoto(folder)
  const { graph, outputs } = trunk(shape, side, storedWeights(path, tensors))
  const network = await runtime.load(foldGraph(graph, new Set(outputs.values())), outputs)
  onTestFinished(() => network.dispose())
  const values = await network.run(input, 1, [...outputs.keys()])
  const found: Record<string, Float32Array> = {
    rpn_class_logits: joined(values, 'class'),
    rpn_bbox: joined(values, 'box'),
  }
  for (const name of ['C2', 'C3', 'C4', 'C5', 'P2', 'P3', 'P4', 'P5', 'P6']) {
    found[name] = values.get(name.toLowerCase())!
  }
  for (const [name, value] of Object.entries(found)) {
    const { probes, std, shape: expected } = stages[name]!
    expect(value.length, name).toBe(expected.reduce((a, b) => a * b))
    const differences = probes.flat.map((at, i) => Math.abs(value[at]! - probes.value[i]!))
    expect(Math.max(...differences), name).toBeLessThan(1e-4 * std)
  }
}

describeWithData('the dense parts of Mask R-CNN on ResNet101', () => {
  it.each(['000000006818', '000000085329'])(
    'give the numbers of Matterport’s code: %s',
    async (photo) => {
      const folder = `inference-resnet101-256/${photo}`
      await expectGolden(onnxRuntime, { weights: 'mask_rcnn_coco_like.h5', folder, backbone: 'resnet101' })
    },
    120_000,
  )
})

describeWithData('the dense parts of Mask R-CNN', () => {
  describeOnRuntimes('on ResNet50', (runtime) => {
    it('give the numbers of Matterport’s code', async () => {
      const folder = 'inference-resnet50-320/000000085329'
      await expectGolden(runtime, { weights: 'mask_rcnn_resnet50.h5', folder, backbone: 'resnet50' })
    }, 120_000)
  })
})
