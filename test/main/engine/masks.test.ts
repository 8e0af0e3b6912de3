import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Bitmap } from '#common/mask/bitmap.ts'
import { readMask, writeMask } from '#main/files/mask-file.ts'
import { maskOf, shiftMask } from '../../builders/dataset.ts'
import { codeOf, useEngine, useFolder } from './engine-tools.ts'

const folder = useFolder()
const { client } = useEngine()
const at = (name: string): string => join(folder, name)

/** A ring, with a hole, and a dot. */
const ring = maskOf(20, 16, (x, y) => {
  const isInBox = x >= 3 && x < 11 && y >= 4 && y < 12
  const isInHole = x >= 5 && x < 9 && y >= 6 && y < 10
  return (isInBox && !isInHole) || (x === 17 && y === 14)
})

beforeAll(() => writeMask(at('ring.png'), ring))

describe('mask.describe', () => {
  it('measures a mask', async () => {
    expect(await client['mask.describe']({ mask: at('ring.png') })).toEqual({
      width: 20,
      height: 16,
      area: 64 - 16 + 1,
      bbox: [3, 4, 15, 11],
      parts: 2,
      holes: 1,
    })
  })

  it('gives an empty mask an empty box', async () => {
    await writeMask(
      at('empty.npy'),
      maskOf(5, 4, () => false),
    )
    const description = await client['mask.describe']({ mask: at('empty.npy') })
    expect(description).toEqual({ width: 5, height: 4, area: 0, bbox: [0, 0, 0, 0], parts: 0, holes: 0 })
  })

  it('refuses what is no mask', async () => {
    expect(await codeOf(client['mask.describe']({ mask: at('none.png') }))).toBe('file.missing')
  })
})

describe('mask.convert', () => {
  it.each([
    ['out.npy', false],
    ['out.json', false],
    ['back.png', false],
    ['polygon.json', true],
  ])('writes %s (polygon: %s), which reads back as what it was', async (name, polygon) => {
    const result = await client['mask.convert']({ from: at('ring.png'), to: at(name), polygon })
    expect(result).toEqual({ width: 20, height: 16, area: 49, differs: 0 })
    const written: Bitmap = await readMask(at(name))
    expect(written).toEqual(ring)
  })

  it('refuses an ending that it does not know, and writes nothing', async () => {
    expect(await codeOf(client['mask.convert']({ from: at('ring.png'), to: at('out.gif') }))).toBe('request.usage')
    expect(existsSync(at('out.gif'))).toBe(false)
  })
})

describe('mask.compare', () => {
  it('compares two masks', async () => {
    const box = maskOf(20, 16, (x, y) => x >= 2 && x < 12 && y >= 3 && y < 11)
    await writeMask(at('a.png'), box)
    await writeMask(at('b.json'), shiftMask(box, 5, 0))
    const same = await client['mask.compare']({ a: at('a.png'), b: at('a.png') })
    expect(same).toEqual({ iou: 1, dice: 1, boundaryIou: 1, added: 0, removed: 0 })
    const moved = await client['mask.compare']({ a: at('a.png'), b: at('b.json') })
    expect(moved).toMatchObject({ iou: 40 / 120, dice: 80 / 160, added: 40, removed: 40 })
    expect(moved.boundaryIou!).toBeLessThan(moved.iou!)
    const wide = await client['mask.compare']({ a: at('a.png'), b: at('b.json'), boundary: 0.5 })
    expect(wide.boundaryIou).toBeCloseTo(moved.iou!, 12)
  })

  it('has no number for two empty masks, and refuses two sizes', async () => {
    await writeMask(
      at('e1.png'),
      maskOf(6, 6, () => false),
    )
    await writeMask(
      at('e2.png'),
      maskOf(6, 7, () => false),
    )
    expect(await client['mask.compare']({ a: at('e1.png'), b: at('e1.png') })).toMatchObject({ iou: null, dice: null })
    expect(await codeOf(client['mask.compare']({ a: at('e1.png'), b: at('e2.png') }))).toBe('shape.mismatch')
  })
})
