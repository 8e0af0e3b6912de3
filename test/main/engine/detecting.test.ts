import { writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import { rleBbox } from '#common/mask/rle.ts'
import { decompressCounts } from '#common/mask/rle-string.ts'
import { writeSmallDetector, type SmallDetectorOptions, type SmallObject } from '../../builders/small-detector.ts'
import { codeOf, errorOf, folderIn, useEngine, useFolder } from './engine-tools.ts'

const folder = useFolder()
const { engine, client } = useEngine()

const cat: SmallObject = { label: 17, score: 0.25, box: [2, 3, 10, 9] }
const dog: SmallObject = { label: 18, score: 0.75, box: [0, 0, 8, 8] }

/** A grey photo whose right half is red. */
async function writePhoto(path: string, width: number, height: number): Promise<string> {
  const data = Buffer.alloc(width * height * 3, 20)
  for (let i = 0; i < width * height; i++) if (i % width >= width / 2) data[3 * i] = 240
  await sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toFile(path)
  return path
}

function makeDetector(options: SmallDetectorOptions = { objects: [cat, dog] }) {
  const own = folderIn(folder)
  return { folder: own, detector: { path: writeSmallDetector(own, options), architecture: 'onnx' as const } }
}

let photos: string[]

beforeAll(async () => {
  await mkdir(join(folder, 'photos'))
  photos = await Promise.all([20, 30, 40].map((n) => writePhoto(join(folder, 'photos', `${n}.png`), n, n - 8)))
})

describe('detector.describe', () => {
  it('tells what is known of a detector, before it is used', async () => {
    const { detector } = makeDetector()
    const info = await client['detector.describe']({ detector })
    expect(info).toMatchObject({
      ...{ name: 'model', label: 'Mask R-CNN, torchvision', runtime: 'onnx', minScore: 0, side: null },
    })
    expect(info.classes.find(({ name }) => name === 'dog')).toEqual({ index: 18, name: 'dog', categoryId: 18 })
  })

  it('says what is wrong with it', async () => {
    const { detector } = makeDetector()
    const describeIt = (more: object) => client['detector.describe']({ detector: { ...detector, ...more } })
    expect(await codeOf(describeIt({ path: join(folder, 'none.onnx') }))).toBe('file.missing')
    expect(await codeOf(describeIt({ path: photos[0]! }))).toBe('model.format')
    expect(await codeOf(describeIt({ runtime: 'wasm' }))).toBe('runtime.unavailable')
    expect(await codeOf(describeIt({ architecture: 'maskrcnn' }))).toBe('file.format')
    expect(await codeOf(describeIt({ config: join(folder, 'none.json') }))).toBe('request.usage')
  })
})

describe('detector.detect', () => {
  it('gives the objects of each photo, the best first, with their masks', async () => {
    const { detector } = makeDetector({ objects: [cat, dog], masks: 'bright' })
    const result = await client['detector.detect']({ detector, images: photos })
    expect(result.failures).toEqual([])
    expect(result.images.map(({ file, width, height }) => [file, width, height])).toEqual(
      photos.map((file, i) => [file, [20, 30, 40][i], [12, 22, 32][i]]),
    )
    expect(result.detector).toEqual(await client['detector.describe']({ detector }))
    for (const { width, height, detections } of result.images) {
      expect(detections.map(({ segmentation: _, ...detection }) => detection)).toEqual([
        { classIndex: 18, category: 'dog', categoryId: 18, score: 0.75, bbox: [0, 0, 8, 8] },
        { classIndex: 17, category: 'cat', categoryId: 17, score: 0.25, bbox: [2, 3, 8, 6] },
      ])
      for (const { segmentation } of detections) {
        expect(segmentation.size).toEqual([height, width])
        const counts = decompressCounts(segmentation.counts, width * height)
        expect(rleBbox({ width, height, counts })).toEqual([width / 2, 0, width / 2, height])
      }
    }
  })

  it('leaves out what is below the least score', async () => {
    const { detector } = makeDetector()
    const result = await client['detector.detect']({ detector, images: photos.slice(0, 1), minScore: 0.5 })
    expect(result.images[0]!.detections.map(({ category }) => category)).toEqual(['dog'])
    expect(await codeOf(client['detector.detect']({ detector, images: photos, minScore: 70 }))).toBe('request.invalid')
  })

  it('uses the names of its card', async () => {
    const { detector } = makeDetector({ objects: [{ ...cat, label: 2 }], nClasses: 3 })
    writeFileSync(`${detector.path}.card.json`, '{"labels": ["leaf", "beetle"]}')
    const { images } = await client['detector.detect']({ detector, images: photos.slice(0, 1) })
    expect(images[0]!.detections).toMatchObject([{ classIndex: 2, category: 'beetle', categoryId: 2 }])
  })

  it('names the photos that cannot be read, and does the rest', async () => {
    const { detector } = makeDetector()
    const [broken, missing] = [join(folder, 'broken.png'), join(folder, 'missing.png')]
    writeFileSync(broken, 'no photo at all')
    const result = await client['detector.detect']({ detector, images: [broken, photos[0]!, missing, photos[1]!] })
    expect(result.images.map(({ file }) => file)).toEqual(photos.slice(0, 2))
    expect(result.failures.map(({ image, code }) => [image, code])).toEqual([
      [broken, expect.stringMatching(/^(image|file)\./)],
      [missing, 'file.missing'],
    ])
  })

  it('says what is wrong with the detector before it reads a photo', async () => {
    const images = [join(folder, 'missing.png')]
    const detector = { path: join(folder, 'none.onnx'), architecture: 'onnx' } as const
    const { code, message } = await errorOf(client['detector.detect']({ detector, images }))
    expect({ code, message }).toEqual({ code: 'file.missing', message: expect.stringContaining('none.onnx') as string })
  })

  it('tells how far it is', async () => {
    const { detector } = makeDetector()
    const seen: number[] = []
    await client['detector.detect'](
      { detector, images: photos },
      {
        onEvent: ({ step, done, total }) => {
          expect([step, total]).toEqual(['detecting', 3])
          seen.push(done)
        },
      },
    )
    expect(seen.at(-1)).toBe(3)
    expect(seen.every((done) => done >= 0 && done <= 3)).toBe(true)
  })

  it('can be cancelled, and the next call is answered', async () => {
    const { detector } = makeDetector()
    const images = Array.from({ length: 2000 }, () => photos[0]!)
    const controller = new AbortController()
    const call = client['detector.detect'](
      { detector, images },
      { signal: controller.signal, onEvent: () => controller.abort() },
    )
    expect(await codeOf(call)).toBe('aborted')
    const { images: next } = await client['detector.detect']({ detector, images: photos.slice(0, 1) })
    expect(next).toHaveLength(1)
  })
})

describe('a detector that is replaced', () => {
  it('is noticed between two calls, also where only its card is another one', async () => {
    const own = makeDetector({ objects: [{ ...cat, label: 1 }], nClasses: 3 })
    const found = async () => {
      const { images } = await client['detector.detect']({ detector: own.detector, images: photos.slice(0, 1) })
      return images[0]!.detections.map(({ category, score }) => [category, score])
    }
    expect(await found()).toEqual([['class 1', 0.25]])
    writeFileSync(`${own.detector.path}.card.json`, '{"labels": ["leaf", "beetle"]}')
    expect(await found()).toEqual([['leaf', 0.25]])
    writeSmallDetector(own.folder, { objects: [dog, cat].map((each) => ({ ...each, label: 2 })), nClasses: 3 })
    expect(await found()).toEqual([
      ['beetle', 0.75],
      ['beetle', 0.25],
    ])
  })

  it('does not go on as another one within a call', async () => {
    const own = makeDetector({ objects: [cat] })
    const images = Array.from({ length: 400 }, () => photos[0]!)
    let replaced: Promise<unknown> | undefined
    const { images: done, failures } = await client['detector.detect'](
      { detector: own.detector, images },
      {
        onEvent: ({ done: nDone }) => {
          if (nDone < 1 || replaced) return
          writeSmallDetector(own.folder, { objects: [dog, cat] })
          replaced = client['detector.describe']({ detector: own.detector })
        },
      },
    )
    expect(replaced).toBeDefined()
    await replaced
    expect(done.length + failures.length).toBe(400)
    expect(failures.length).toBeGreaterThan(0)
    expect(new Set(failures.map(({ code }) => code))).toEqual(new Set(['model.changed']))
    expect(new Set(done.flatMap(({ detections }) => detections.map(({ category }) => category)))).toEqual(
      new Set(['cat']),
    )
  })
})

it('goes on in another compute process where one dies', async () => {
  const { detector } = makeDetector({ objects: [cat] })
  const images = Array.from({ length: 300 }, () => photos[0]!)
  let killed: number | undefined
  const { images: done, failures } = await client['detector.detect'](
    { detector, images },
    {
      onEvent: ({ done: nDone }) => {
        if (nDone < 1 || killed !== undefined) return
        killed = engine.computePid!
        process.kill(killed, 'SIGKILL')
      },
    },
  )
  expect(killed).toBeDefined()
  expect(engine.computePid).not.toBe(killed)
  expect(failures).toEqual([])
  expect(done).toHaveLength(300)
})
