import { readFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import type { EngineClient } from '#common/contract/index.ts'
import { readMap } from '#main/files/map-file.ts'
import { readNpy } from '#main/files/npy.ts'
import { makePhotos, type Photo } from '../../builders/dataset.ts'
import { floatTensor, writeOnnx } from '../../builders/onnx-file.ts'
import { writeSmallModel } from '../../builders/small-model.ts'
import { codeOf, errorOf, useEngine, useFolder } from './engine-tools.ts'

const folder = useFolder()
const { client } = useEngine()
let photo: Photo
let cat: Photo
let request: Parameters<EngineClient['explanation.compute']>[0]

beforeAll(async () => {
  const path = await writeSmallModel(join(folder, 'small'), { labels: ['cat', 'dog', 'bird'] })
  const photos = await makePhotos(join(folder, 'photos'), { perClass: 1 })
  cat = photos[0]!
  photo = photos[1]!
  const options = { patch: 8, stride: 4 }
  request = { model: { path }, image: photo.path, method: 'occlusion', options }
})

describe('explanation.compute', () => {
  it('explains the top class unless another is given', async () => {
    const top = await client['explanation.compute'](request)
    expect(top).toMatchObject({ class: 1, label: 'dog', method: 'occlusion', variant: 'standard', shape: [32, 32] })
    expect(top.probability).toBeGreaterThan(0.5)
    const other = await client['explanation.compute']({ ...request, classIndex: 2 })
    expect(other).toMatchObject({ class: 2, label: 'bird' })
    expect(other.probability).toBeLessThan(0.5)
    expect(other.map).not.toEqual(top.map)
  })

  it.each([
    ['occlusion', { patch: 8, stride: 4 }, [7, 7]],
    ['gradcam', {}, [8, 8]],
  ])('describes the map of %s and gives it', async (method, options, shape) => {
    for (const variant of ['standard', 'paper'] as const) {
      const { map, min, max, sum, native, seconds } = await client['explanation.compute']({
        ...request,
        image: cat.path,
        method,
        options,
        variant,
      })
      expect(map).toHaveLength(32 * 32)
      expect(min).toBe(Math.min(...map))
      expect(max).toBe(Math.max(...map))
      expect(sum).toBeCloseTo(
        map.reduce((a, b) => a + b, 0),
        9,
      )
      expect(min).toBeGreaterThanOrEqual(0)
      expect(max).toBeCloseTo(1, 12)
      expect(native).toMatchObject({ kind: 'grid', shape })
      expect(native.min).toBeLessThan(native.max)
      expect(seconds).toBeGreaterThan(0)
    }
  })

  it('writes map, native grid and overlay', async () => {
    const files = { map: join(folder, 'map.npy'), native: join(folder, 'native.npy'), overlay: join(folder, 'o.png') }
    const { map, native } = await client['explanation.compute']({ ...request, files })
    const written = await readMap(files.map)
    expect([written.width, written.height]).toEqual([32, 32])
    expect(written.data).toEqual(Float32Array.from(map))
    const grid = await readNpy(files.native)
    expect(grid.shape).toEqual([7, 7])
    expect(Math.max(...grid.data)).toBeCloseTo(native.max, 6)
    expect(await sharp(files.overlay).metadata()).toMatchObject({ format: 'png', width: 32, height: 32 })
    const overlay = await sharp(files.overlay).removeAlpha().raw().toBuffer()
    const plain = await sharp(photo.path)
      .resize(32, 32, { kernel: 'nearest', fit: 'fill' })
      .removeAlpha()
      .raw()
      .toBuffer()
    const change = (at: number): number =>
      [0, 1, 2].reduce((d, c) => d + Math.abs(overlay[at * 3 + c]! - plain[at * 3 + c]!), 0)
    expect(change(map.indexOf(1))).toBeGreaterThan(60)
  })

  it('takes the map of the same photo and options to the last bit the same', async () => {
    const [first, second] = [await client['explanation.compute'](request), await client['explanation.compute'](request)]
    expect(second.map).toEqual(first.map)
  })

  it('explains the difference of two classes', async () => {
    const native = async (more: Partial<typeof request> & { against?: number }) => {
      const file = join(folder, 'native.npy')
      const { class: index, against } = await client['explanation.compute']({
        ...request,
        ...more,
        files: { native: file },
      })
      return { index, against, values: [...(await readMap(file)).data] }
    }
    const top = await native({})
    const other = await native({ classIndex: (top.index + 1) % 3 })
    const difference = await native({ against: other.index })
    expect(difference).toMatchObject({ index: top.index, against: other.index })
    for (const [i, value] of difference.values.entries()) {
      expect(value).toBeCloseTo(top.values[i]! - other.values[i]!, 5)
    }
  })

  it('lists the methods, with a default or a reason to have none for every option', async () => {
    const { explainers } = await client['explainers.list']({})
    expect(explainers.map(({ id }) => id).slice(0, 1)).toEqual(['occlusion'])
    expect(explainers.find(({ id }) => id === 'occlusion')).toMatchObject({
      label: 'Occlusion',
      variants: ['standard', 'paper'],
      options: {
        type: 'object',
        properties: { patch: { type: 'integer', default: 32, minimum: 1, description: expect.any(String) as string } },
      },
    })
  })

  it('refuses scores that are no numbers in one line', async () => {
    const nodes = [
      { type: 'GlobalAveragePool', inputs: ['x'], outputs: ['mean'] },
      { type: 'Flatten', inputs: ['mean'], outputs: ['flat'] },
      { type: 'Add', inputs: ['flat', 'shift'], outputs: ['sum'] },
      { type: 'Sqrt', inputs: ['sum'], outputs: ['y'] },
    ]
    // a number for what is tried out when it is loaded, none for a colour without red
    const path = writeOnnx({
      nodes,
      tensors: { shift: floatTensor([3], [0.9, 0.9, 0.9]) },
      inputs: [{ name: 'x', shape: ['n', 3, 8, 8] }],
    })
    const model = { path, card: { preprocess: 'tf' as const } }
    const error = await errorOf(client['explanation.compute']({ ...request, model }))
    expect(error).toMatchObject({
      code: 'prediction.not-finite',
      message: expect.stringMatching(/NaN for class/) as string,
    })
  })

  it('explains a model with one output, which has nothing to be compared with', async () => {
    const nodes = [
      { type: 'GlobalAveragePool', inputs: ['x'], outputs: ['mean'] },
      { type: 'Flatten', inputs: ['mean'], outputs: ['flat'] },
      { type: 'MatMul', inputs: ['flat', 'w'], outputs: ['y'] },
    ]
    const tensors = { w: floatTensor([3, 1], [1, 0, 0]) }
    const path = writeOnnx({ nodes, tensors, inputs: [{ name: 'x', shape: ['n', 3, 8, 8] }] })
    const single = {
      ...request,
      model: { path, card: { preprocess: 'unit' as const } },
      options: { patch: 4, stride: 4 },
    }
    expect(await client['explanation.compute'](single)).toMatchObject({ class: 0, shape: [8, 8] })
    const error = await errorOf(client['explanation.compute']({ ...single, classIndex: 1 }))
    expect(error).toMatchObject({
      code: 'explainer.class',
      message: 'class 1 does not exist: the model’s only class is 0',
    })
    expect(await codeOf(client['explanation.compute']({ ...single, against: 0 }))).toBe('explainer.class')
  })

  it.each([
    ['an unknown method', { method: 'tarot' }, 'explainer.unknown'],
    ['an unknown option', { options: { petch: 3 } }, 'explainer.options'],
    ['a patch that is larger than the photo', { options: { patch: 33 } }, 'explainer.options'],
    ['a class that the model has not', { classIndex: 3 }, 'explainer.class'],
    ['a class to compare with that the model has not', { against: 3 }, 'explainer.class'],
    ['a class against itself', { classIndex: 2, against: 2 }, 'explainer.class'],
    ['a layer that the model has not', { method: 'gradcam', options: { layer: 'block9' } }, 'model.layer-missing'],
    ['a layer without extent', { method: 'gradcam', options: { layer: 'average' } }, 'model.layer-missing'],
    ['a photo that is not there', { image: join('nowhere', 'photo.png') }, 'file.missing'],
  ])('refuses %s, and writes nothing', async (_, wrong, code) => {
    const files = { map: join(folder, 'none.npy'), overlay: join(folder, 'none.png') }
    expect(await codeOf(client['explanation.compute']({ ...request, files, ...wrong }))).toBe(code)
    expect([files.map, files.overlay].some((file) => existsSync(file))).toBe(false)
  })

  it('complains of a method before it loads the model', async () => {
    const call = client['explanation.compute']({ ...request, model: { path: 'nowhere/model.json' }, method: 'tarot' })
    expect(await codeOf(call)).toBe('explainer.unknown')
  })

  it('says where it cannot write, and leaves no half of a file', async () => {
    const map = join(folder, 'no-folder', 'map.npy')
    expect(await codeOf(client['explanation.compute']({ ...request, files: { map } }))).toBe('file.unwritable')
    expect(existsSync(map)).toBe(false)
    await expect(readFile(map)).rejects.toThrow('ENOENT')
  })
})
