import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hash } from 'node:crypto'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { encodeNative } from '#common/explanation/native-map.ts'
import { encodeRle } from '#common/mask/rle.ts'
import type { Evidence } from '#main/report/document.ts'
import { PictureMaker, type Picture } from '#main/report/picture.ts'
import { maskOf } from '../../builders/dataset.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'

const [width, height] = [640, 400]

/** A grey photo with a mask around its middle; all evidence is in the map's upper left quarter. */
async function evidence(facts: Partial<Evidence> = {}): Promise<Evidence> {
  const folder = temporaryFolder()
  const bytes = await sharp({ create: { width, height, channels: 3, background: '#808080' } })
    .png()
    .toBuffer()
  await writeFile(join(folder, 'a.png'), bytes)
  const mask = maskOf(width, height, (x, y) => x >= 240 && x < 480 && y >= 100 && y < 300)
  const values = Float64Array.of(1, 0, 0, 0)
  const patches = { op: 'patch-centres', patch: 16, stride: 16, size: { width: 32, height: 32 } } as const
  return {
    folder,
    file: 'a.png',
    sha256: hash('sha256', bytes),
    card: { width: 32, height: 32, fit: 'stretch' },
    map: encodeNative({ kind: 'grid', rows: 2, cols: 2, values, steps: [patches] }),
    mask: encodeRle(mask),
    isCorrected: false,
    ...facts,
  }
}

async function pixels(picture: Picture): Promise<(x: number, y: number) => readonly number[]> {
  if (picture.kind !== 'drawn') throw new Error(picture.kind)
  const { data, info } = await sharp(picture.webp).raw().toBuffer({ resolveWithObject: true })
  expect([info.width, info.height]).toEqual([picture.width, picture.height])
  return (x, y) => [...data.subarray(3 * (y * info.width + x), 3 * (y * info.width + x) + 3)]
}

const draw = async (facts: Partial<Evidence> = {}): Promise<Picture> => new PictureMaker().draw(await evidence(facts))
const spread = (colour: readonly number[]): number => Math.max(...colour) - Math.min(...colour)

describe('PictureMaker', () => {
  it('lays the map over the photo, small', async () => {
    const picture = await draw()
    expect(picture).toMatchObject({ kind: 'drawn', width: 320, height: 200 })
    const at = await pixels(picture)
    expect(spread(at(20, 20))).toBeGreaterThan(60)
    expect(spread(at(300, 180))).toBeLessThan(12)
  })

  it('does not enlarge small photos', async () => {
    const folder = temporaryFolder()
    const bytes = await sharp({ create: { width: 5, height: 9, channels: 3, background: '#808080' } })
      .png()
      .toBuffer()
    await writeFile(join(folder, 'b.png'), bytes)
    const picture = await draw({ folder, file: 'b.png', sha256: hash('sha256', bytes), mask: null })
    expect(picture).toMatchObject({ kind: 'drawn', width: 5, height: 9 })
  })

  it('draws the outline of the mask, in another colour where it was corrected', async () => {
    const [machine, corrected, none] = await Promise.all(
      [draw(), draw({ isCorrected: true }), draw({ mask: null })].map(async (picture) => pixels(await picture)),
    )
    // along the right edge of the mask, far from all evidence; the machine's is dashed
    const edge = Array.from({ length: 40 }, (_, i) => [240, 100 + i] as const)
    const brightest = (at: typeof machine) => Math.max(...edge.map(([x, y]) => Math.min(...at!(x, y))))
    const darkest = (at: typeof machine) => Math.min(...edge.map(([x, y]) => Math.max(...at!(x, y))))
    expect(brightest(machine)).toBeGreaterThan(190)
    expect(darkest(machine)).toBeLessThan(110)
    expect(Math.max(...edge.map(([x, y]) => spread(corrected!(x, y))))).toBeGreaterThan(60)
    expect(Math.max(...edge.map(([x, y]) => spread(none!(x, y))))).toBeLessThan(12)
  })

  it('shows no evidence outside of what the classifier saw', async () => {
    const at = await pixels(await draw({ card: { width: 32, height: 32, fit: 'crop' }, mask: null }))
    expect(spread(at(20, 20))).toBeLessThan(12) // the crop begins at 60
    expect(spread(at(80, 20))).toBeGreaterThan(60)
  })

  it('shows no photo that is missing, changed or broken, or that lies outside of its folder', async () => {
    const folder = temporaryFolder()
    await writeFile(join(folder, 'broken.png'), 'no picture')
    expect(await draw({ file: 'gone.png' })).toEqual({ kind: 'missing' })
    expect(await draw({ folder: join(folder, 'gone') })).toEqual({ kind: 'missing' })
    expect(await draw({ sha256: '0'.repeat(64) })).toEqual({ kind: 'changed' })
    expect(await draw({ folder, file: 'broken.png' })).toEqual({ kind: 'unreadable' })
    expect(await draw({ file: '../a.png' })).toEqual({ kind: 'unreadable' })
  })
})
