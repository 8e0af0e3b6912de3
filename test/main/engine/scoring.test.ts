import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { authorsResize } from '#common/mask/authors-resize.ts'
import type { Bitmap } from '#common/mask/bitmap.ts'
import { formatNpy } from '#main/files/npy.ts'
import { writeMask } from '#main/files/mask-file.ts'
import { maskOf } from '../../builders/dataset.ts'
import { codeOf, useEngine, useFolder } from './engine-tools.ts'

const folder = useFolder()
const { client } = useEngine()
const side = 8

/** Evidence that grows from the left to the right, and down. */
const values = Float32Array.from({ length: side * side }, (_, i) => (i % side) + Math.floor(i / side) / 4)

async function files(mask: Bitmap, map: Float32Array = values): Promise<{ map: string; mask: string }> {
  const paths = { map: join(folder, 'map.npy'), mask: join(folder, 'mask.png') }
  await writeFile(paths.map, formatNpy(map, [side, side]))
  await writeMask(paths.mask, mask)
  return paths
}

/** Σ a·b / Σ b by hand. */
function share(a: ArrayLike<number>): number {
  let [inside, total] = [0, 0]
  values.forEach((b, i) => {
    inside += a[i]! * b
    total += b
  })
  return inside / total
}

/** The share of each of 8×8 cells that a mask of a multiple of that size covers, by hand. */
function coverage({ width, height, data }: Bitmap): number[] {
  const [cellWidth, cellHeight] = [width / side, height / side]
  return Array.from({ length: side * side }, (_, i) => {
    let sum = 0
    for (let y = 0; y < cellHeight; y++) {
      for (let x = 0; x < cellWidth; x++) {
        sum += data[(Math.floor(i / side) * cellHeight + y) * width + (i % side) * cellWidth + x]!
      }
    }
    return sum / (cellWidth * cellHeight)
  })
}

describe('score.compute', () => {
  it('takes a mask of the map’s size as it is, in both variants', async () => {
    const mask = maskOf(side, side, (x, y) => x >= 3 && x < 6 && y >= 2)
    const paths = await files(mask)
    const score = await client['score.compute'](paths)
    expect(score.obalex).toBeCloseTo(share(mask.data), 12)
    expect(score).toMatchObject({ areaShare: 18 / 64, reason: null, cells: 64, pointingGame: 0 })
    expect(score.lift).toBeCloseTo(share(mask.data) / (18 / 64), 12)
    expect(await client['score.compute']({ ...paths, variant: 'paper' })).toEqual(score)
  })

  it('brings a larger mask to the map’s grid by coverage, or by the authors’ rule', async () => {
    const mask = maskOf(side * 5, side * 3, (x, y) => x >= 7 && x < 23 && y >= 4 && y < 17)
    const paths = await files(mask)
    const standard = await client['score.compute'](paths)
    // the grid of coverage is float32
    expect(standard.obalex).toBeCloseTo(share(coverage(mask)), 7)
    expect(standard.areaShare).toBeCloseTo(coverage(mask).reduce((a, b) => a + b) / 64, 7)
    const paper = await client['score.compute']({ ...paths, variant: 'paper' })
    const widened = authorsResize(mask, { width: side, height: side }).data
    expect(paper.obalex).toBeCloseTo(share(widened), 12)
    expect(paper.areaShare!).toBeGreaterThan(standard.areaShare!)
  })

  it('has no score without a mask or without evidence, and 0 for the latter in the paper’s variant', async () => {
    const empty = await client['score.compute'](await files(maskOf(side, side, () => false)))
    expect(empty).toMatchObject({ obalex: null, reason: 'no-mask', areaShare: 0 })
    const paths = await files(
      maskOf(side, side, (x) => x < 4),
      new Float32Array(side * side),
    )
    expect(await client['score.compute'](paths)).toMatchObject({ obalex: null, reason: 'no-evidence', areaShare: 0.5 })
    expect(await client['score.compute']({ ...paths, variant: 'paper' })).toMatchObject({
      obalex: 0,
      reason: 'no-evidence',
    })
  })

  it('refuses negative evidence and what is no number', async () => {
    const mask = maskOf(side, side, (x) => x < 4)
    const wrong = (value: number): Float32Array => values.map((b, i) => (i === 9 ? value : b))
    expect(await codeOf(client['score.compute'](await files(mask, wrong(-0.5))))).toBe('map.negative')
    expect(await codeOf(client['score.compute'](await files(mask, wrong(NaN))))).toBe('map.not-finite')
  })

  it('refuses files that are something else', async () => {
    const { map, mask } = await files(maskOf(side, side, (x) => x < 4))
    expect(await codeOf(client['score.compute']({ map: join(folder, 'none.npy'), mask }))).toBe('file.missing')
    const text = join(folder, 'text.npy')
    await writeFile(text, 'a map? no.')
    expect(await codeOf(client['score.compute']({ map: text, mask }))).toBe('map.format')
    expect(await codeOf(client['score.compute']({ map, mask: text }))).toBe('file.format')
  })
})
