import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Bitmap } from '#common/mask/bitmap.ts'
import { countOverlap, iou } from '#common/mask/overlap.ts'
import { emptyCanvas, within } from '#main/sample/scenes/canvas.ts'
import { creatures, type ClassName } from '#main/sample/scenes/creatures/creatures.ts'
import { rootFrame } from '#main/sample/scenes/frame.ts'
import { placeOne, placePair } from '#main/sample/scenes/placing.ts'
import { seededRandom } from '#main/sample/scenes/random.ts'
import { drawScene, type Scene } from '#main/sample/scenes/scene.ts'

const classNames = ['beetle', 'butterfly', 'turtle'] as const
const backgrounds = ['meadow', 'beach', 'forest'] as const

/** Scenes in which each class is on each ground. */
const someScenes = (n: number, size?: { width: number; height: number }): Scene[] =>
  Array.from({ length: n }, (_, index) =>
    drawScene({
      seed: 42,
      index,
      className: classNames[index % 3]!,
      background: backgrounds[Math.floor(index / 3) % 3]!,
      ...(size === undefined ? {} : { size }),
    }),
  )

const hash = ({ rgb, masks }: Scene): string => {
  const sha256 = createHash('sha256').update(rgb.data)
  for (const { bitmap } of masks) sha256.update(bitmap.data)
  return sha256.digest('hex').slice(0, 16)
}

const area = ({ data }: Bitmap): number => data.reduce((sum, each) => sum + each, 0)
const scenes = someScenes(54)

describe('a scene', () => {
  it('is the same to the last bit on every machine', () => {
    expect(scenes.slice(0, 9).map(hash)).toMatchInlineSnapshot(`
      [
        "56dbf01e0cc615e3",
        "34cc9d3aead2396a",
        "e6c1bb528244ff77",
        "007a55eb676206bb",
        "4d1a36cda1f10830",
        "05399b4e85e6e143",
        "7901c3701c653512",
        "671a75e169c01be4",
        "c94575b185b6ee3f",
      ]
    `)
  })

  it('does not depend on what was drawn before', () => {
    const [first, again] = [27, 27].map((index) =>
      drawScene({ seed: 42, index, className: 'beetle', background: 'meadow' }),
    )
    expect(hash(first!)).toBe(hash(scenes[27]!))
    expect(again).toEqual(first)
  })

  it('is another for another seed or index', () => {
    const request = { seed: 1, index: 1, className: 'turtle', background: 'beach' } as const
    const different = [request, { ...request, seed: 2 }, { ...request, index: 2 }].map((each) => hash(drawScene(each)))
    expect(new Set(different).size).toBe(3)
  })

  it('has a photo of ordinary size, with light and dark, and masks of the same size', () => {
    for (const { rgb, masks } of scenes) {
      expect(Math.abs(rgb.width * rgb.height - 72_000)).toBeLessThan(5_000)
      expect(rgb.data).toHaveLength(3 * rgb.width * rgb.height)
      expect(rgb.data.reduce((low, each) => Math.min(low, each), 255)).toBeLessThan(60)
      expect(rgb.data.reduce((high, each) => Math.max(high, each), 0)).toBeGreaterThan(180)
      for (const { bitmap } of masks) expect([bitmap.width, bitmap.height]).toEqual([rgb.width, rgb.height])
    }
    expect(new Set(scenes.map(({ rgb }) => `${rgb.width}×${rgb.height}`)).size).toBe(4)
  })

  it('has the size asked for, and finer detail of the same scene at a larger scale', () => {
    const request = { seed: 42, className: 'beetle', background: 'meadow', size: { width: 200, height: 160 } } as const
    for (const index of [0, 1, 2]) {
      const coarse = drawScene({ ...request, index })
      const fine = drawScene({ ...request, index, scale: 3 })
      expect([coarse.rgb.width, fine.rgb.width]).toEqual([200, 600])
      expect(fine.masks).toHaveLength(coarse.masks.length)
      // what a pixel's mask says is what most of its nine fine ones say: an oracle for masks
      for (const [i, { bitmap }] of coarse.masks.entries()) {
        expect(iou(countOverlap(bitmap, majority(fine.masks[i]!.bitmap, 3)))!).toBeGreaterThan(0.96)
      }
    }
  })
})

/** The pixels of which more than half the fine ones are set. */
function majority({ width, height, data }: Bitmap, scale: number): Bitmap {
  const small = { width: width / scale, height: height / scale, data: new Uint8Array((width * height) / scale ** 2) }
  const counts = new Uint8Array(small.data.length)
  for (let i = 0; i < data.length; i++) {
    counts[Math.floor(Math.floor(i / width) / scale) * small.width + Math.floor((i % width) / scale)]! += data[i]!
  }
  for (let i = 0; i < counts.length; i++) small.data[i] = counts[i]! * 2 > scale * scale ? 1 : 0
  return small
}

/** Pixels of the largest part that hangs together at sides or corners. */
function largestPart({ width, data }: Bitmap): number {
  const left = new Set<number>()
  for (let i = 0; i < data.length; i++) if (data[i] === 1) left.add(i)
  let largest = 0
  for (const start of left) {
    const part = [start]
    left.delete(start)
    for (let k = 0; k < part.length; k++) {
      for (const step of [-width - 1, -width, 1 - width, -1, 1, width - 1, width, width + 1]) {
        if (left.delete(part[k]! + step)) part.push(part[k]! + step)
      }
    }
    largest = Math.max(largest, part.length)
  }
  return largest
}

describe('the masks of a scene', () => {
  it('show one animal, sometimes two, of the class', () => {
    expect(scenes.every(({ masks, facts }) => masks.every(({ className }) => className === facts.className))).toBe(true)
    const counts = scenes.map(({ masks }) => masks.length)
    expect(new Set(counts)).toEqual(new Set([1, 2]))
    expect(counts.filter((n) => n === 2).length).toBeLessThan(20)
  })

  it('cover between 8 and 45 % of the picture, many different shares', () => {
    const shares = scenes.map(({ masks, rgb }) => {
      return masks.reduce((sum, { bitmap }) => sum + area(bitmap), 0) / (rgb.width * rgb.height)
    })
    expect(Math.min(...shares)).toBeGreaterThan(0.08)
    expect(Math.max(...shares)).toBeLessThan(0.45)
    const third = [0.15, 0.25].map((limit) => shares.filter((share) => share < limit).length / shares.length)
    expect(third[0]).toBeGreaterThan(0.02)
    expect(third[1]! - third[0]!).toBeGreaterThan(0.3)
    expect(third[1]).toBeLessThan(0.9)
  })

  it('do not share a pixel, and are of a piece but for what is in front', () => {
    for (const { masks, facts } of scenes) {
      if (masks.length === 2) expect(countOverlap(masks[0]!.bitmap, masks[1]!.bitmap).both).toBe(0)
      for (const [i, { bitmap }] of masks.entries()) {
        const share = largestPart(bitmap) / area(bitmap)
        expect(share).toBeGreaterThan(facts.objects[i]!.hidden > 0 ? 0.4 : 0.95)
      }
    }
  })

  it('leave out what is behind something else, at most about a third, and the facts say how much', () => {
    const objects = scenes.flatMap(({ facts, masks, rgb }) =>
      facts.objects.map((each, i) => ({ ...each, area: area(masks[i]!.bitmap) / (rgb.width * rgb.height) })),
    )
    for (const { hidden, share, area: measured } of objects) {
      expect(share).toBe(measured)
      expect(hidden).toBeGreaterThanOrEqual(0)
      expect(hidden).toBeLessThan(0.36)
    }
    expect(objects.filter(({ hidden }) => hidden > 0.05).length).toBeGreaterThan(objects.length / 5)
    expect(objects.filter(({ hidden }) => hidden === 0).length).toBeGreaterThan(objects.length / 5)
  })

  it('lie where the animal is: its colours are not those of the ground', () => {
    // a monochrome ground would do: the mean colours of inside and outside differ in nearly all scenes
    const differences = scenes.map(({ rgb, masks }) => {
      const sums = [0, 1].map(() => ({ n: 0, rgb: [0, 0, 0] }))
      for (let i = 0; i < rgb.width * rgb.height; i++) {
        const side = sums[masks.some(({ bitmap }) => bitmap.data[i] === 1) ? 1 : 0]!
        side.n++
        for (let c = 0; c < 3; c++) side.rgb[c]! += rgb.data[3 * i + c]!
      }
      return Math.hypot(...[0, 1, 2].map((c) => sums[0]!.rgb[c]! / sums[0]!.n - sums[1]!.rgb[c]! / sums[1]!.n))
    })
    expect(differences.filter((each) => each > 12).length).toBeGreaterThan(differences.length * 0.85)
  })
})

describe('the animals', () => {
  it.each(classNames)(
    'of class %s look the same wherever they are painted, and differ from each other',
    (className) => {
      const paint = (seed: number): Float32Array => {
        const canvas = emptyCanvas(60, 60)
        creatures[className](seededRandom(seed)).paint(
          within({ canvas, frame: rootFrame(30, 30, 1) }, { x: 0, y: 0, size: 20 }),
        )
        return canvas.colour
      }
      expect(paint(3)).toEqual(paint(3))
      expect(paint(4)).not.toEqual(paint(3))
    },
  )

  it('are whole in the picture, and two do not touch', () => {
    const room = { width: 200, height: 150 }
    const make = (className: ClassName, seed: number) => creatures[className](seededRandom(seed))
    let pairs = 0
    for (let seed = 0; seed < 12; seed++) {
      const className = classNames[seed % 3]!
      const animals = [make(className, seed), make(className, seed + 100)] as const
      const spots = placePair(animals, room, seededRandom(seed))
      if (spots.length === 2) pairs++
      const alone = placeOne(animals[0], room, seededRandom(seed))
      const masks = [alone, ...spots].map((spot, i) => {
        const canvas = emptyCanvas(room.width + 40, room.height + 40)
        canvas.visible.push(new Float32Array(canvas.width * canvas.height))
        canvas.owner = 0
        animals[i === 2 ? 1 : 0].paint(within({ canvas, frame: rootFrame(20, 20, 1) }, spot))
        return { ...canvas, data: Uint8Array.from(canvas.visible[0]!, (each) => (each >= 0.5 ? 1 : 0)) }
      })
      for (const { data, width } of masks) {
        const outside = data.filter((each, i) => {
          const [x, y] = [(i % width) - 20, Math.floor(i / width) - 20]
          return each === 1 && (x < 0 || y < 0 || x >= room.width || y >= room.height)
        })
        expect(outside).toHaveLength(0)
      }
      if (spots.length === 2) expect(countOverlap(masks[1]!, masks[2]!).both).toBe(0)
    }
    expect(pairs).toBeGreaterThan(3)
  })
})
