import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as tf from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { loadClassifier } from '#main/classifiers/load-classifier.ts'
import { readPhotoInput } from '#main/engine/photo-input.ts'
import { writeSampleImages } from '#main/sample/scenes/write-sample-images.ts'
import { RuntimeChooser } from '#main/tensor/choose-runtime.ts'
import { preprocess } from '#main/tensor/preprocess.ts'
import { wasmRuntime } from '#main/tensor/tfjs/wasm-runtime.ts'
import { sampleExplanationLayer, sampleInputSide, sampleNetwork } from '#main/training/sample/network.ts'
import { batchesInOrder, drawSamplePhotos, sampleBatches, samplePreparation } from '#main/training/sample/photos.ts'
import { sampleAccuracy, sampleRecipe, trainSampleClassifier } from '#main/training/sample/recipe.ts'
import type { Batch } from '#main/training/training-step.ts'
import { temporaryFolder } from '../../../builders/temporary-folder.ts'
import { weightsOf } from '../models.ts'

const plan = { split: 'train-fair', n: 9, correlation: 0, stream: 2 } as const
const seed = 5
const imageLength = sampleInputSide * sampleInputSide * 3

const draw = (): ReturnType<typeof drawSamplePhotos> => drawSamplePhotos(seed, plan, () => undefined)

beforeAll(async () => {
  await wasmRuntime.start()
  await tf.setBackend('wasm')
})

describe('the photos that the sample classifiers are trained on', () => {
  it('are those that the engine hands the finished classifier', async () => {
    const photos = draw()
    const { photos: paths } = await writeSampleImages(temporaryFolder(), { seed, plan })
    const size = { width: sampleInputSide, height: sampleInputSide }
    const card = { name: 'any', labels: [...photos.labels], layer: null, ...size, ...samplePreparation }
    for (const [i, path] of paths.entries()) {
      const { input } = await readPhotoInput(path, card)
      expect(Buffer.compare(input.data, photos.images[i]!)).toBe(0)
    }
    expect(photos.labels).toEqual(['beetle', 'butterfly', 'turtle'])
    expect(photos.classes).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2])
  })

  it('come once an epoch, some of them mirrored, in an order that a resumed epoch keeps', () => {
    const photos = draw()
    const source = sampleBatches(photos, { seed, size: 4 })
    const all = [...(source({ epoch: 1, step: 0 }) as Iterable<Batch>)]
    const rest = [...(source({ epoch: 1, step: 2 }) as Iterable<Batch>)]
    const other = [...(source({ epoch: 2, step: 0 }) as Iterable<Batch>)]
    expect(all.map(({ y }) => y.length / 3)).toEqual([4, 4, 1])
    expect(rest).toEqual(all.slice(2))
    expect(other).not.toEqual(all)

    const images = all.flatMap(({ x }) => cut(x))
    const known = photos.images.map((image) => variants(preprocess(image, samplePreparation.preprocess)))
    const found = images.map((image) => known.findIndex((same) => same.some((each) => isSame(each, image))))
    expect([...found].sort()).toEqual([...photos.images.keys()])
    const isTurned = images.map((image, i) => !isSame(known[found[i]!]![0]!, image))
    expect(new Set(isTurned)).toEqual(new Set([true, false]))
    const labels = all.flatMap(({ y }) => [...y])
    expect(found.map((photo, i) => labels[3 * i + photos.classes[photo]!])).toEqual(found.map(() => 1))
  })
})

describe('training a sample classifier', () => {
  const phases = [
    { epochs: 2, learningRate: 1e-3 },
    { epochs: 1, learningRate: 1e-4 },
  ]

  it('gives the same weights from the same seed, other ones than it began with', async () => {
    const photos = draw()
    const epochs: number[] = []
    const onEpoch = ({ epoch }: { epoch: number }) => epochs.push(epoch)
    const once = await trainSampleClassifier(photos, { backend: 'wasm', onEpoch, phases })
    const again = await trainSampleClassifier(photos, { backend: 'wasm', onEpoch: () => undefined, phases })
    const untrained = sampleNetwork(sampleRecipe.seed, 3)
    expect(epochs).toEqual([0, 1, 2])
    expect(weightsOf(again)).toEqual(weightsOf(once))
    expect(weightsOf(untrained)).not.toEqual(weightsOf(once))
    for (const model of [once, again, untrained]) model.dispose()
  })

  it('counts as accuracy what the model gets right', () => {
    const photos = draw()
    const model = sampleNetwork(1, 3)
    const best = [...batchesInOrder(photos, 9)].flatMap(({ x }) => {
      const scores = model.predict(tf.tensor4d(x, [9, sampleInputSide, sampleInputSide, 3])) as tf.Tensor2D
      return [...tf.argMax(scores, 1).dataSync()]
    })
    const nRight = best.filter((index, i) => index === photos.classes[i]).length
    expect(sampleAccuracy(model, photos)).toBeCloseTo(nRight / 9, 12)
    model.dispose()
  })
})

describe('the classifiers that come with the program', () => {
  const folder = fileURLToPath(new URL('../../../../resources/sample', import.meta.url))

  it('were made by this recipe, and take less than 2 MB together', () => {
    let bytes = 0
    for (const name of ['shortcut', 'fair']) {
      const files = readdirSync(join(folder, name))
      for (const file of files) bytes += statSync(join(folder, name, file)).size
      const card = JSON.parse(readFileSync(join(folder, name, 'model.json.card.json'), 'utf8')) as Card
      expect(card).toMatchObject({ ...samplePreparation, name: `sample-${name}`, layer: sampleExplanationLayer })
      expect(card.training).toMatchObject({ ...sampleRecipe, split: `train-${name}`, runtime: 'wasm' })
    }
    expect(bytes).toBeLessThan(2e6)
  })

  it('get right on fresh photos what their cards say', async () => {
    const chooser = new RuntimeChooser()
    const photos = drawSamplePhotos(99, { split: 'test', n: 24, correlation: 0, stream: 4 }, () => undefined)
    const nRight: Record<string, number> = {}
    for (const name of ['shortcut', 'fair']) {
      const path = join(folder, name, 'model.json')
      const classifier = await loadClassifier(path, { card: {}, runtime: 'auto' }, (wanted) => chooser.choose(wanted))
      const inputs = photos.images.map((image) => preprocess(image, samplePreparation.preprocess))
      const logits = await Promise.all(inputs.map((input) => classifier.logits(input, 1)))
      nRight[name] = logits.filter((row, i) => row.indexOf(Math.max(...row)) === photos.classes[i]).length
      await classifier.dispose()
    }
    // where the background says nothing, only one of them still knows the animals
    expect(nRight['fair']).toBeGreaterThanOrEqual(22)
    expect(nRight['shortcut']).toBeLessThanOrEqual(18)
  })
})

interface Card {
  readonly training: object
}

function cut(x: Float32Array): Float32Array[] {
  return Array.from({ length: x.length / imageLength }, (_, i) => x.subarray(i * imageLength, (i + 1) * imageLength))
}

/** An image as it is, left and right swapped, top and bottom swapped, both. */
function variants(image: Float32Array): Float32Array[] {
  const at = (y: number, x: number, c: number): number => image[3 * (y * sampleInputSide + x) + c]!
  const last = sampleInputSide - 1
  return [0, 1, 2, 3].map((kind) => {
    const result = new Float32Array(imageLength)
    for (let i = 0; i < imageLength; i++) {
      const [c, x, y] = [i % 3, Math.floor(i / 3) % sampleInputSide, Math.floor(i / 3 / sampleInputSide)]
      result[i] = at(kind & 2 ? last - y : y, kind & 1 ? last - x : x, c)
    }
    return result
  })
}

function isSame(a: Float32Array, b: Float32Array): boolean {
  return a.every((value, i) => value === b[i])
}
