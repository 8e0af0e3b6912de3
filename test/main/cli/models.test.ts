import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readNpy } from '#main/files/npy.ts'
import { startObalex } from '../../builders/obalex-process.ts'
import { writeSmallModel } from '../../builders/small-model.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { describeWithData, testData } from '../../builders/test-data.ts'
import { colours, writeColourPhotos } from './photos.ts'
import { obalex, obalexJson } from './run-cli.ts'

interface Classified {
  readonly images: readonly {
    readonly file: string
    readonly top: readonly { index: number; label: string | null; probability: number; logit: number }[]
    readonly probabilities?: readonly number[]
  }[]
  readonly failures: readonly { image: string; code: string }[]
}

interface Explained {
  readonly class: number
  readonly min: number
  readonly max: number
  readonly sum: number
  readonly native: { readonly shape: readonly number[] }
}

/** A small model of three colours, and an image of each. */
async function makeModel(): Promise<{ folder: string; model: string; photo: (name: string) => string }> {
  const folder = temporaryFolder()
  const model = await writeSmallModel(join(folder, 'model'), { labels: colours, inputSide: 64 })
  await writeColourPhotos(join(folder, 'photos'), 1)
  return { folder, model, photo: (name) => join(folder, 'photos', name) }
}

describe('classify', () => {
  it('names the class of each image, in the order of the images', async () => {
    const { model, photo } = await makeModel()
    const files = colours.map((colour) => photo(`${colour}/0.png`))
    const { images, failures } = await obalexJson<Classified>(['classify', '--model', model, ...files])
    expect(failures).toEqual([])
    expect(images.map(({ file }) => file)).toEqual(files)
    expect(images.map(({ top }) => top[0]!.label)).toEqual(colours)
    expect(Object.keys(images[0]!.top[0]!)).toEqual(['index', 'label', 'probability', 'logit'])
    expect(images[0]).not.toHaveProperty('probabilities')
  })

  it('takes labels from a file, gives all classes, one image a line', async () => {
    const { folder, model, photo } = await makeModel()
    const labels = join(folder, 'labels.txt')
    writeFileSync(labels, 'rot\ngrün\nblau\n')
    const { stdout, status } = await obalex([
      'classify',
      '--model',
      model,
      '--labels',
      labels,
      '--all',
      '--jsonl',
      photo('green/0.png'),
      photo('blue/0.png'),
    ])
    expect(status).toBe(0)
    const images = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Classified['images'][number])
    expect(images.map(({ top }) => top[0]!.label)).toEqual(['grün', 'blau'])
    expect(images[0]!.top).toHaveLength(3)
    for (const { index, probability } of images[0]!.top) expect(images[0]!.probabilities![index]).toBe(probability)
  })

  it('takes more images than it asks the engine for at once', async () => {
    const { model, photo } = await makeModel()
    const files = Array.from({ length: 203 }, (_, i) => photo(`${colours[i % 3]!}/0.png`))
    const { images } = await obalexJson<Classified>(['classify', '--model', model, ...files])
    expect(images.map(({ file, top }) => [file, top[0]!.label])).toEqual(files.map((file, i) => [file, colours[i % 3]]))
  })

  it('goes on after an image that fails, names it and ends with 3', async () => {
    const { folder, model, photo } = await makeModel()
    const text = join(folder, 'text.jpg')
    writeFileSync(text, 'this is no picture')
    const args = ['classify', '--model', model, text, photo('red/0.png'), photo('gone.jpg')]
    const json = await obalexJson<Classified>(args, { status: 3 })
    expect(json.images).toHaveLength(1)
    expect(json.failures.map(({ image }) => image)).toEqual([text, photo('gone.jpg')])
    const { status, stderr } = await obalex([...args, '--quiet'])
    expect(status).toBe(3)
    const lines = stderr.trimEnd().split('\n')
    expect(lines).toEqual([
      expect.stringMatching(/^obalex: .*text\.jpg.* — /) as string,
      expect.stringMatching(/^obalex: .*gone\.jpg.* — /) as string,
    ])
  })

  it('ends with 1 where no image could be done', async () => {
    const { model, photo } = await makeModel()
    const { status, stdout, stderr } = await obalex(['classify', '--model', model, photo('gone.jpg'), '--json'])
    expect(status).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({ images: [], failures: [{ code: 'file.missing' }] })
    expect(stderr).toMatch(/^obalex: [^\n]*gone\.jpg[^\n]*\n$/)
  })

  it('ends with 2 where the preprocessing is unknown, with 1 where the model or its labels cannot be used', async () => {
    const { folder, photo } = await makeModel()
    const silent = await writeSmallModel(join(folder, 'silent'), { card: null })
    const unknown = await obalex(['classify', '--model', silent, photo('red/0.png')])
    expect(unknown).toMatchObject({ status: 2, stderr: expect.stringContaining('--preprocess') as string })
    const labels = join(folder, 'two.txt')
    writeFileSync(labels, 'a\nb\n')
    const args = ['classify', '--model', silent, '--preprocess', 'tf', photo('red/0.png')]
    expect(await obalex([...args, '--labels', labels])).toMatchObject({ status: 1, stdout: '' })
    expect(await obalex(['classify', '--model', join(folder, 'none.onnx'), photo('red/0.png')])).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^obalex: .*none\.onnx/) as string,
    })
  })
})

describe('explain', () => {
  it('prints exactly what it promises and writes map, grid and overlay', async () => {
    const { folder, model, photo } = await makeModel()
    const [map, native, png] = ['map.npy', 'grid.npy', 'overlay.png'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ]
    const json = await obalexJson<Explained>(
      ['explain', '--model', model, '--method', 'occlusion', '--stride', '8', '--seed', '42'].concat([
        '--out',
        map,
        '--native',
        native,
        '--png',
        png,
        photo('red/0.png'),
      ]),
    )
    expect(Object.keys(json)).toEqual(
      'method variant class label probability shape min max sum seconds native'.split(' '),
    )
    expect(json).toMatchObject({ method: 'occlusion', variant: 'standard', class: 0, label: 'red', shape: [64, 64] })
    expect(json.native.shape).toEqual([5, 5])
    const { data, shape } = await readNpy(map)
    expect(shape).toEqual([64, 64])
    expect(Float64Array.from(data).reduce((sum, value) => sum + value, 0)).toBeCloseTo(json.sum, 2)
    expect((await readNpy(native)).shape).toEqual([5, 5])
    expect(existsSync(png)).toBe(true)
  })

  it('explains the class that is asked for', async () => {
    const { model, photo } = await makeModel()
    const args = ['explain', '--model', model, '--method', 'gradcam', '--variant', 'paper', photo('red/0.png')]
    expect(await obalexJson([...args, '--class', '2'])).toMatchObject({ variant: 'paper', class: 2, label: 'blue' })
    expect((await obalex(args)).stdout).toMatch(/^class +0 red, probability /m)
    expect(await obalexJson([...args, '--against', '1'])).toMatchObject({ class: 0, against: 1 })
    expect((await obalex([...args, '--against', '1'])).stdout).toMatch(/^against +class 1$/m)
  })

  it('writes of every pixel its segment’s weight where the method has segments', async () => {
    const { folder, model, photo } = await makeModel()
    const native = join(folder, 'segments.npy')
    const lime = ['--method', 'lime', '--segmenter', 'grid', '--samples', '30', '--seed', '1', '--features', '2']
    const json = await obalexJson<Explained & { native: { kind: string; min: number; max: number } }>([
      'explain',
      '--model',
      model,
      ...lime,
      '--native',
      native,
      photo('red/0.png'),
    ])
    expect(json.native).toMatchObject({ kind: 'segments', shape: [64, 64] })
    const { data, shape } = await readNpy(native)
    expect(shape).toEqual([64, 64])
    const values = new Set(data as Float32Array)
    expect(values.size).toBeLessThan(64 * 64)
    expect(Math.max(...values)).toBeCloseTo(json.native.max, 6)
    expect(Math.min(...values)).toBeCloseTo(json.native.min, 6)
  })

  it.each([
    ['a class that there is not', ['--method', 'gradcam', '--class', '3'], /0 to 2/],
    ['a class against itself', ['--method', 'gradcam', '--class', '1', '--against', '1'], /against itself/],
    ['a layer that there is not', ['--method', 'gradcam', '--layer', 'nix'], /nix/],
    ['an option of another method', ['--method', 'gradcam', '--patch', '8'], /--patch is no option of gradcam/],
    ['a patch larger than the image', ['--method', 'occlusion', '--patch', '65'], /65/],
    ['a patch that is no number', ['--method', 'occlusion', '--patch', 'big'], /patch/],
  ])('ends with 2 for %s', async (_, options, line) => {
    const { model, photo } = await makeModel()
    const { status, stdout, stderr } = await obalex(['explain', '--model', model, ...options, photo('red/0.png')])
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toMatch(/^obalex: [^\n]+ — [^\n]+\n$/)
    expect(stderr).toMatch(line)
  })

  it('leaves nothing behind where it cannot write', async () => {
    const { folder, model, photo } = await makeModel()
    const out = join(folder, 'no', 'map.npy')
    const ended = await obalex(['explain', '--model', model, '--method', 'gradcam', '--out', out, photo('red/0.png')])
    expect(ended).toMatchObject({ status: 1, stdout: '', stderr: expect.stringContaining(out) as string })
  })
})

describe('doctor', () => {
  it('says for every runtime whether it is used, and why', async () => {
    const { runtimes, version } = await obalexJson<{
      version: string
      runtimes: { id: string; isUsable: boolean; reason: string }[]
    }>(['doctor'])
    expect(version).toMatch(/^\d+\.\d+\.\d+/)
    expect(runtimes.map(({ id }) => id).sort()).toEqual(['onnx', 'tensorflow', 'wasm'])
    for (const { reason } of runtimes) expect(reason).not.toBe('')
    expect(runtimes.find(({ id }) => id === 'wasm')!.isUsable).toBe(true)
  })
})

describeWithData('with a real network', () => {
  const model = testData('data/mobilenet-v1-0.25-tfjs/model.json')
  const photo = testData('data/oxford-pets-370/data/sample_images/cats/Persian_175.jpg')

  it('classifies a photo, and a thousand classes an image come through a pipe whole', async () => {
    const args = ['classify', '--model', model, '--all', '--json', ...Array<string>(8).fill(photo)]
    const { status, stdout, stderr } = await startObalex(args).ended
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const { images } = JSON.parse(stdout) as Classified
    expect(images).toHaveLength(8)
    for (const { top, probabilities } of images) {
      expect(top[0]!.label).toBe('Persian cat')
      expect(top).toHaveLength(1000)
      expect(probabilities!.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5)
    }
  })
})
