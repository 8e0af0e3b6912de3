import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { labPlanes } from '#main/explainers/segmenters/lab-colour.ts'
import { segmenterOptions, segmenters } from '#main/explainers/segmenters/registry.ts'
import { z } from 'zod'
import { goldenArray } from '../../../common/explanation/goldens.ts'
import { describeWithData, testData } from '../../../builders/test-data.ts'

interface Fixture {
  readonly width: number
  readonly height: number
  readonly photos: Readonly<Record<string, readonly number[]>>
  readonly cases: readonly {
    readonly photo: string
    readonly segmenter: keyof typeof segmenters
    readonly options: object
    readonly labels: readonly number[]
  }[]
  readonly lab: readonly (readonly [rgb: number[], lab: number[]])[]
}

const fixture = JSON.parse(
  readFileSync(new URL('../../../fixtures/segments/segments.json', import.meta.url), 'utf8'),
) as Fixture
const allOptions = z.object(segmenterOptions)

describe('segmenters beside scikit-image 0.24', () => {
  it.each(fixture.cases)('$segmenter of $photo with $options', ({ photo, segmenter, options, labels }) => {
    const { width, height, photos } = fixture
    const data = Uint8Array.from(photos[photo]!)
    const found = segmenters[segmenter].segment({ data, width, height }, allOptions.parse(options))
    expect(found.labels).toEqual(Uint16Array.from(labels))
    expect(found.nSegments).toBe(Math.max(...labels) + 1)
  })

  it.each(fixture.lab)('Lab of %j', (rgb, lab) => {
    labPlanes(Uint8Array.from(rgb)).forEach((value, i) => expect(value).toBeCloseTo(lab[i]!, 11))
  })
})

describe('every segmenter', () => {
  it.each(Object.keys(segmenters) as (keyof typeof segmenters)[])(
    '%s gives each pixel a segment, numbered without gaps, the same each time',
    (id) => {
      const pictures = fc.record({
        width: fc.integer({ min: 1, max: 12 }),
        height: fc.integer({ min: 1, max: 12 }),
        seed: fc.nat(1e6),
        levels: fc.constantFrom(1, 2, 256),
        options: fc.constantFrom(
          {},
          { kernelSize: 1, maxDistance: 2, segments: 4, cell: 3 },
          { segments: 1000, cell: 1 },
        ),
      })
      fc.assert(
        fc.property(pictures, ({ width, height, seed, levels, options }) => {
          const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => ((seed + i * i * 7919) % levels) % 256)
          const parsed = allOptions.parse(options)
          const { labels, nSegments } = segmenters[id].segment({ data, width, height }, parsed)
          expect(labels.length).toBe(width * height)
          expect([...new Set(labels)].sort((a, b) => a - b)).toEqual(Array.from({ length: nSegments }, (_, i) => i))
          expect(segmenters[id].segment({ data, width, height }, parsed).labels).toEqual(labels)
        }),
      )
    },
  )

  it('quickshift finds one segment in a photo of one colour that its window spans', () => {
    const photo = { data: new Uint8Array(8 * 8 * 3).fill(120), width: 8, height: 8 }
    expect(segmenters.quickshift.segment(photo, allOptions.parse({})).nSegments).toBe(1)
  })

  it('quickshift refuses more segments than labels can tell apart', () => {
    const photo = { data: new Uint8Array(257 * 256 * 3), width: 257, height: 256 }
    const options = allOptions.parse({ kernelSize: 1, maxDistance: 0 })
    expect(() => segmenters.quickshift.segment(photo, options)).toThrow(
      expect.objectContaining({ code: 'explainer.options' }) as Error,
    )
  })

  it('slic makes each pixel a segment of its own where there are no more pixels than segments', () => {
    const two = { data: Uint8Array.of(0, 0, 0, 255, 255, 255), width: 2, height: 1 }
    expect(segmenters.slic.segment(two, allOptions.parse({}))).toEqual({ labels: Uint16Array.of(0, 1), nSegments: 2 })
  })

  it('grid cuts squares at the edges', () => {
    const { labels } = segmenters.grid.segment({ data: new Uint8Array(36), width: 4, height: 3 }, { cell: 3 })
    expect([...labels]).toEqual([0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1])
  })
})

describeWithData('quickshift beside the goldens', () => {
  const lime = { kernelSize: 4, maxDistance: 200, colourRatio: 0.2 }
  const small = { kernelSize: 3, maxDistance: 6, colourRatio: 0.5 }
  it.each([
    [0, 'lime', lime],
    [0, 'small', small],
    [1, 'lime', lime],
    [1, 'small', small],
  ] as const)('crop %i, %s', (crop, name, options) => {
    const data = goldenArray(`primitives/quickshift${crop}_crop`).data as Uint8Array
    const { labels } = segmenters.quickshift.segment({ data, width: 64, height: 64 }, options)
    expect(labels).toEqual(Uint16Array.from(goldenArray(`primitives/quickshift${crop}_${name}`).data))
  })

  it('Lab of twenty colours', () => {
    const { rgb2lab } = JSON.parse(readFileSync(testData('goldens/primitives/primitives.json'), 'utf8')) as {
      rgb2lab: { rgb: number[][]; lab: number[][] }
    }
    rgb2lab.rgb.forEach((rgb, i) => {
      labPlanes(Uint8Array.from(rgb)).forEach((value, c) => expect(value).toBeCloseTo(rgb2lab.lab[i]![c]!, 9))
    })
  })
})
