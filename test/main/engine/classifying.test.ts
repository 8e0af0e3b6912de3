import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { makePhotos, type Photo } from '../../builders/dataset.ts'
import { writeSmallModel } from '../../builders/small-model.ts'
import { codeOf, errorOf, useEngine, useFolder } from './engine-tools.ts'

const folder = useFolder()
const { client } = useEngine()
let model: { path: string }
let photos: Photo[]

beforeAll(async () => {
  model = { path: await writeSmallModel(join(folder, 'small'), { labels: ['cat', 'dog', 'bird'] }) }
  photos = await makePhotos(join(folder, 'photos'), { perClass: 4 })
})

describe('classifier.describe', () => {
  it('tells what is known of a model, before it is used', async () => {
    expect(await client['classifier.describe']({ model })).toMatchObject({
      nClasses: 3,
      card: { name: 'small', width: 32, height: 32, preprocess: 'tf', labels: ['cat', 'dog', 'bird'] },
    })
    const bare = { path: await writeSmallModel(join(folder, 'bare'), { card: null }) }
    expect(await codeOf(client['classifier.describe']({ model: bare }))).toBe('model.preprocessing-unknown')
    const said = { ...bare, card: { preprocess: 'unit' } } as const
    expect((await client['classifier.describe']({ model: said })).card.preprocess).toBe('unit')
    expect(await codeOf(client['classifier.describe']({ model: { path: join(folder, 'none.json') } }))).toBe(
      'file.missing',
    )
  })
})

describe('classifier.classify', () => {
  it('gives the best classes first, with probability and logit', async () => {
    const images = photos.map(({ path }) => path)
    const result = await client['classifier.classify']({ model, images, nTop: 2 })
    expect(result.failures).toEqual([])
    expect(result.images.map(({ file }) => file)).toEqual(images)
    for (const [i, { top }] of result.images.entries()) {
      expect(top).toHaveLength(2)
      expect(top[0]!.label).toBe(photos[i]!.label)
      expect(top[0]!.probability).toBeGreaterThan(top[1]!.probability)
      expect(top[0]!.logit).toBeGreaterThan(top[1]!.logit)
    }
    expect(result.classifier).toMatchObject({ nClasses: 3, card: { name: 'small', width: 32, height: 32 } })
  })

  it('gives five at most unless it is asked for all', async () => {
    const many = { path: await writeSmallModel(join(folder, 'many'), { classes: 7 }) }
    const images = [photos[0]!.path]
    const five = await client['classifier.classify']({ model: many, images })
    const all = await client['classifier.classify']({ model: many, images, nTop: null })
    expect(five.images[0]!.top).toHaveLength(5)
    const { top } = all.images[0]!
    expect(top.map(({ index }) => index).sort()).toEqual([0, 1, 2, 3, 4, 5, 6])
    expect(top.every(({ label }) => label === null)).toBe(true)
    expect(top.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 12)
    expect(five.images[0]!.top).toEqual(top.slice(0, 5))
  })

  it('names what cannot be read, and does the rest', async () => {
    const broken = join(folder, 'broken.png')
    await writeFile(broken, 'no photo at all')
    const missing = join(folder, 'missing.png')
    const images = [broken, photos[0]!.path, missing, photos[5]!.path]
    const result = await client['classifier.classify']({ model, images })
    expect(result.images.map(({ file }) => file)).toEqual([photos[0]!.path, photos[5]!.path])
    expect(result.failures.map(({ image, code }) => [image, code])).toEqual([
      [broken, expect.stringMatching(/^(image|file)\./)],
      [missing, 'file.missing'],
    ])
    const none = await client['classifier.classify']({ model, images: [broken] })
    expect(none.images).toEqual([])
    expect(none.failures).toHaveLength(1)
  })

  it('tells how far it is', async () => {
    const seen: number[] = []
    const images = photos.map(({ path }) => path)
    await client['classifier.classify'](
      { model, images },
      {
        onEvent: ({ step, done, total }) => {
          expect([step, total]).toEqual(['classifying', images.length])
          seen.push(done)
        },
      },
    )
    expect(seen.at(-1)).toBe(images.length)
  })

  it('can be cancelled', async () => {
    const images = Array.from({ length: 2000 }, () => photos[0]!.path)
    const controller = new AbortController()
    const call = client['classifier.classify'](
      { model, images },
      { signal: controller.signal, onEvent: () => controller.abort() },
    )
    expect(await codeOf(call)).toBe('aborted')
  })

  it('says that there is no such model before it reads a photo', async () => {
    const images = [join(folder, 'missing.png')]
    expect(await codeOf(client['classifier.classify']({ model: { path: join(folder, 'no.json') }, images }))).toBe(
      'file.missing',
    )
    const error = await errorOf(client['classifier.classify']({ model: { path: photos[0]!.path }, images }))
    expect(error.code).toBe('model.format')
    expect(error.hint).toContain('model.json')
  })
})
