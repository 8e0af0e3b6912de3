import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { rleArea } from '#common/mask/rle.ts'
import { decompressCounts } from '#common/mask/rle-string.ts'
import { writeSmallDetector, type SmallObject } from '../../builders/small-detector.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { describeWithData, testData } from '../../builders/test-data.ts'
import { writeColourPhotos } from './photos.ts'
import { obalex, obalexJson } from './run-cli.ts'

interface Result {
  readonly image: string
  readonly category_id: number
  readonly category: string
  readonly score: number
  readonly bbox: readonly number[]
  readonly segmentation: { readonly size: readonly [number, number]; readonly counts: string }
}

const objects: readonly SmallObject[] = [
  { label: 17, score: 0.25, box: [4, 6, 20, 18] },
  { label: 18, score: 0.75, box: [10.4, 10.6, 30.4, 40.6] },
]

/** A small detector that finds a dog and a cat everywhere, and photos of 48×48 pixels. */
async function setUp() {
  const folder = temporaryFolder()
  await writeColourPhotos(join(folder, 'photos'), 1)
  const model = writeSmallDetector(folder, { objects })
  return { folder, model, photo: (colour: string) => join(folder, 'photos', colour, '0.png') }
}

function areaOf({ segmentation: { size, counts } }: Result): number {
  const [height, width] = size
  return rleArea({ width, height, counts: decompressCounts(counts, width * height) })
}

describe('detect', () => {
  it('prints COCO results, the best of each image first', async () => {
    const { model, photo } = await setUp()
    const results = await obalexJson<Result[]>(['detect', '--model', model, photo('red'), photo('blue')])
    expect(results.map(({ image, category }) => [image, category])).toEqual([
      [photo('red'), 'dog'],
      [photo('red'), 'cat'],
      [photo('blue'), 'dog'],
      [photo('blue'), 'cat'],
    ])
    expect(Object.keys(results[0]!)).toEqual('image category_id category score bbox segmentation'.split(' '))
    expect(results[1]).toMatchObject({ category_id: 17, score: 0.25, bbox: [4, 6, 16, 12] })
    expect(results.map(({ segmentation }) => segmentation.size)).toEqual(Array(4).fill([48, 48]))
    for (const result of results) {
      const [, , width, height] = result.bbox
      expect(areaOf(result) / (width! * height!)).toBeGreaterThan(0.9)
    }
  })

  it('says for people what is where', async () => {
    const { folder, model, photo } = await setUp()
    const { status, stdout } = await obalex(['detect', '--model', model, photo('red')])
    expect(status).toBe(0)
    expect(stdout).toBe(`${photo('red')}\n  0.750  dog  20×30 at 10, 11\n  0.250  cat  16×12 at 4, 6\n`)
    const nothing = writeSmallDetector(folder, { objects: [] })
    expect((await obalex(['detect', '--model', nothing, photo('red')])).stdout).toBe(`${photo('red')}\n  nothing\n`)
  })

  it('leaves out what is below a score', async () => {
    const { model, photo } = await setUp()
    const args = ['detect', '--model', model, photo('red'), '--min-score']
    expect((await obalexJson<Result[]>([...args, '0.5'])).map(({ category }) => category)).toEqual(['dog'])
    expect(await obalexJson([...args, '1'])).toEqual([])
    for (const wrong of ['50', '-0.1', 'half']) {
      const { status, stdout, stderr } = await obalex([...args, wrong])
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
      expect(stderr).toMatch(/^obalex: [^\n]*--min-score[^\n]* — [^\n]+\n$/)
    }
  })

  it('writes results to a file, and says so', async () => {
    const { folder, model, photo } = await setUp()
    const out = join(folder, 'results.json')
    const args = ['detect', '--model', model, photo('red'), photo('green')]
    expect(await obalexJson([...args, '--out', out])).toEqual({ path: out, images: 2, objects: 4 })
    expect(JSON.parse(readFileSync(out, 'utf8'))).toEqual(await obalexJson(args))
    const { status, stdout } = await obalex([...args, '--min-score', '0.9', '--out', out])
    expect({ status, stdout }).toEqual({ status: 0, stdout: `written  ${out} (0 objects in 2 images)\n` })
    expect(JSON.parse(readFileSync(out, 'utf8'))).toEqual([])
    const nowhere = join(folder, 'no', 'results.json')
    expect(await obalex([...args, '--out', nowhere])).toMatchObject({
      ...{ status: 1, stdout: '' },
      stderr: expect.stringContaining(nowhere) as string,
    })
    expect(existsSync(join(folder, 'no'))).toBe(false)
  })

  it('takes more images than it asks the engine for at once', async () => {
    const { model, photo } = await setUp()
    const files = Array.from({ length: 45 }, (_, i) => photo(['red', 'green', 'blue'][i % 3]!))
    const results = await obalexJson<Result[]>(['detect', '--model', model, '--min-score', '0.5', ...files])
    expect(results.map(({ image }) => image)).toEqual(files)
  })

  it('says how long it will take: by its first image where it never ran here, else by what ran', async () => {
    const { folder, model, photo } = await setUp()
    const speedFile = join(folder, 'speeds.json')
    const photos = ['red', 'green', 'blue', 'red'].map(photo)
    const args = ['detect', '--model', model]
    const first = await obalex([...args, ...photos], { speedFile })
    expect(first).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(/^3 images to look at: about \d+ s$/m) as string,
    })
    const second = await obalex([...args, photo('red')], { speedFile })
    expect(second.stderr).toMatch(/^1 image to look at: about 1 s$/m)
    const out = join(folder, 'out')
    const third = await obalex([...args, ...photos.slice(1), '--format', 'png', '--out', out], { speedFile })
    expect(third.stderr).toMatch(/^3 images to look at: about \d+ s$/m)
    // it never ran, and there is nothing to time
    expect((await obalex([...args, photo('red')])).stderr).not.toContain('to look at')
  })

  it('goes on after an image that fails, names it and ends with 3', async () => {
    const { folder, model, photo } = await setUp()
    const text = join(folder, 'text.jpg')
    writeFileSync(text, 'this is no picture')
    const args = ['detect', '--model', model, '--min-score', '0.5', text, photo('red'), photo('gone')]
    const results = await obalexJson<Result[]>(args, { status: 3 })
    expect(results.map(({ image }) => image)).toEqual([photo('red')])
    const { status, stderr } = await obalex([...args, '--quiet'])
    expect(status).toBe(3)
    expect(stderr.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^obalex: .*text\.jpg.* — /) as string,
      expect.stringMatching(/^obalex: .*gone.* — /) as string,
    ])
  })

  it('ends with 1 where no image could be done', async () => {
    const { model, photo } = await setUp()
    const { status, stdout, stderr } = await obalex(['detect', '--model', model, photo('gone'), '--json', '--quiet'])
    expect({ status, json: JSON.parse(stdout) as unknown }).toEqual({ status: 1, json: [] })
    expect(stderr).toMatch(/^obalex: [^\n]*gone[^\n]*\n$/)
  })

  it('ends with 2 where it is not clear which detector is meant', async () => {
    const { folder, model, photo } = await setUp()
    const weights = join(folder, 'weights.h5')
    for (const options of [
      [],
      ['--model', model, '--weights', weights],
      ['--model', model, '--architecture', 'maskrcnn'],
      ['--model', model, '--config', join(folder, 'config.json')],
      ['--weights', weights],
      ['--architecture', 'maskrcnn'],
      ['--architecture', 'maskrcnn', '--config', join(folder, 'config.json')],
      ['--architecture', 'yolo', '--weights', weights],
    ]) {
      const { status, stdout, stderr } = await obalex(['detect', ...options, photo('red')])
      expect({ options, status, stdout }).toEqual({ options, status: 2, stdout: '' })
      expect(stderr).toMatch(/^obalex: [^\n]+ — [^\n]+\n$/)
    }
  })

  it('ends with 1 and one line where the detector cannot be used', async () => {
    const { folder, model, photo } = await setUp()
    const text = join(folder, 'text.h5')
    writeFileSync(text, 'no weights')
    for (const [options, words] of [
      [['--model', join(folder, 'none.onnx')], /none\.onnx/],
      [['--model', text], /./],
      [['--model', model, '--runtime', 'wasm'], /ONNX Runtime only/],
      [['--architecture', 'maskrcnn', '--weights', text], /text\.h5/],
      [['--architecture', 'maskrcnn', '--weights', join(folder, 'none.h5')], /none\.h5/],
    ] as const) {
      const { status, stdout, stderr } = await obalex(['detect', ...options, photo('red')])
      expect({ options, status, stdout }).toEqual({ options, status: 1, stdout: '' })
      expect(stderr).toMatch(/^obalex: [^\n]+ — [^\n]+\n$/)
      expect(stderr).toMatch(words)
    }
  })
})

describe('detect for another program', () => {
  it('writes LabelMe files beside each other as the photos lie, and reads them back', async () => {
    const { folder, model, photo } = await setUp()
    const out = join(folder, 'labelme')
    const args = ['detect', '--model', model, '--format', 'labelme', '--out', out]
    const { status, stdout } = await obalex([...args, photo('red'), photo('green')])
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringContaining('4 objects') as string })
    const { shapes, imagePath } = JSON.parse(readFileSync(join(out, 'red/0.json'), 'utf8')) as {
      shapes: { label: string; shape_type: string; score: number }[]
      imagePath: string
    }
    expect(imagePath).toBe('0.png')
    expect(shapes.map(({ label, shape_type: type, score }) => [label, type, score])).toEqual([
      ['dog', 'mask', 0.75],
      ['cat', 'mask', 0.25],
    ])
    expect(existsSync(join(out, 'green/0.json'))).toBe(true)
    // nothing that is there is replaced
    expect((await obalex([...args, photo('red'), photo('green')])).status).toBe(1)
  })

  it('writes a PNG a mask, and says what those cannot hold', async () => {
    const { folder, model, photo } = await setUp()
    const out = join(folder, 'png')
    const { status, stderr } = await obalex(['detect', '--model', model, '--format', 'png', '--out', out, photo('red')])
    expect(status).toBe(0)
    expect(stderr).toContain('What the format cannot hold: scores left out (2).')
    expect(existsSync(join(out, '0/0_dog.png')) && existsSync(join(out, '0/1_cat.png'))).toBe(true)
  })

  it('needs to be told where to', async () => {
    const { model, photo } = await setUp()
    const { status, stderr } = await obalex(['detect', '--model', model, '--format', 'png', photo('red')])
    expect(status).toBe(2)
    expect(stderr).toContain('--out DIR')
  })
})

describeWithData('detect with weights of Matterport’s', () => {
  const weights = testData('goldens/mask-rcnn/mask_rcnn_resnet50.h5')
  const folder = 'goldens/mask-rcnn/inference-resnet50-320'
  const photo = testData(`${folder}/000000085329/input.png`)
  const args = ['detect', '--architecture', 'maskrcnn', '--weights', weights]

  it('finds what the reference finds, by COCO’s ids', async () => {
    const results = await obalexJson<Result[]>([...args, '--config', testData(`${folder}/index.json`), photo])
    const golden = JSON.parse(readFileSync(testData(`${folder}/000000085329/golden.json`), 'utf8')) as {
      results: { score: number; roi: [number, number, number, number]; area: number }[]
    }
    expect(results.map(({ bbox }) => bbox)).toEqual(
      golden.results.map(({ roi: [top, left, bottom, right] }) => [left, top, right - left, bottom - top]),
    )
    for (const [i, result] of results.entries()) {
      expect(result.score).toBeCloseTo(golden.results[i]!.score, 3)
      expect(result.category_id).toBeGreaterThan(0)
    }
  }, 120_000)

  it('names the file and the field of a configuration that contradicts the weights', async () => {
    const config = join(temporaryFolder(), 'balloon.json')
    writeFileSync(config, JSON.stringify({ NUM_CLASSES: 2 }))
    const { status, stderr } = await obalex([...args, '--config', config, photo])
    expect(status).toBe(1)
    expect(stderr).toMatch(/^obalex: [^\n]*balloon\.json: NUM_CLASSES is 2, the weights are for 81[^\n]* — [^\n]+\n$/)
  })
})
