import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Bitmap } from '#common/mask/bitmap.ts'
import { formatRleJson } from '#main/files/mask-json.ts'
import { formatNpy, readNpy } from '#main/files/npy.ts'
import { formatMaskPng } from '#main/files/png.ts'
import type { Ended } from '../../builders/obalex-process.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { obalex, obalexJson } from './run-cli.ts'

const side = 8

/** A mask whose left part is object: `share` of its columns. */
function leftMask(size: number, share: number): Bitmap {
  const data = Uint8Array.from({ length: size * size }, (_, i) => (i % size < size * share ? 1 : 0))
  return { width: size, height: size, data }
}

/** A folder with a map of ones (but 3 in the first cell), masks of several sizes and kinds, and files that are none. */
async function makeFiles(): Promise<string> {
  const folder = temporaryFolder()
  const write = (name: string, content: string | Uint8Array): void => writeFileSync(join(folder, name), content)
  const values = Float32Array.from({ length: side * side }, (_, i) => (i === 0 ? 3 : 1))
  write('map.npy', formatNpy(values, [side, side]))
  write('negative.npy', formatNpy(Float32Array.of(1, -1, 0, 0), [2, 2]))
  write('row.npy', formatNpy(Float32Array.of(1, 2, 3), [3]))
  write('empty-map.npy', formatNpy(new Float32Array(4), [2, 2]))
  write('left.png', await formatMaskPng(leftMask(side, 0.5)))
  write('large-left.png', await formatMaskPng(leftMask(4 * side, 0.5)))
  write('quarter.json', formatRleJson(leftMask(side, 0.25)))
  write('empty.png', await formatMaskPng(leftMask(side, 0)))
  write('text.png', 'this is no picture')
  return folder
}

/** Fails unless the command ended so and said one line about it, and printed nothing. */
function expectFailure({ status, stdout, stderr }: Ended, expected: number, line: RegExp): void {
  expect(stderr).toMatch(/^obalex: [^\n]+ — [^\n]+\n$/)
  expect(stderr).toMatch(line)
  expect({ status, stdout }).toEqual({ status: expected, stdout: '' })
}

describe('score', () => {
  it('prints exactly the numbers that it promises', async () => {
    const folder = await makeFiles()
    const score = await obalexJson(['score', '--map', join(folder, 'map.npy'), '--mask', join(folder, 'left.png')])
    expect(Object.keys(score as object)).toEqual(
      'obalex areaShare lift normalized pointingGame relevanceRank topK auc cells'.split(' '),
    )
    // 32 of 64 cells, one of them weighs 3: 34 of 66
    expect(score).toMatchObject({ obalex: 34 / 66, areaShare: 0.5, lift: 34 / 33, pointingGame: 1, cells: 64 })
  })

  it('brings a mask of another size to the grid of the map, in both variants', async () => {
    const folder = await makeFiles()
    const args = ['score', '--map', join(folder, 'map.npy'), '--mask', join(folder, 'large-left.png')]
    expect(await obalexJson(args)).toMatchObject({ obalex: 34 / 66, cells: 64 })
    const paper = await obalexJson<{ areaShare: number }>([...args, '--variant', 'paper'])
    expect(paper.areaShare).toBeGreaterThan(0.5)
  })

  it('is nothing, with the reason beside it, where there is no object', async () => {
    const folder = await makeFiles()
    const args = ['score', '--map', join(folder, 'map.npy'), '--mask', join(folder, 'empty.png')]
    expect(await obalexJson(args)).toMatchObject({ obalex: null, lift: null, cells: 64 })
    const said = await obalex(args)
    expect(said).toMatchObject({ status: 0, stderr: 'The mask is empty: there is no score.\n' })
    expect(said.stdout).toMatch(/^ObAlEx +–$/m)
    expect(await obalex([...args, '--quiet'])).toEqual({ ...said, stderr: '' })
  })

  it('shows four numbers to people, and all with --metrics all', async () => {
    const folder = await makeFiles()
    const args = ['score', '--map', join(folder, 'map.npy'), '--mask', join(folder, 'left.png')]
    const { stdout } = await obalex(args)
    expect(stdout).toBe('ObAlEx      0.515\narea share  0.500\nlift        1.030\nnormalized  0.030\ncells       64\n')
    expect((await obalex([...args, '--metrics', 'all'])).stdout).toMatch(/^pointing game +1\.000$/m)
  })

  it.each([
    ['a map with negative values', 'negative.npy', 'left.png', /negative/],
    ['a map of one axis', 'row.npy', 'left.png', /row\.npy/],
    ['a map that is a text', 'text.png', 'left.png', /text\.png/],
    ['a mask that is a text', 'map.npy', 'text.png', /text\.png/],
    ['a map that is not there', 'none.npy', 'left.png', /none\.npy/],
    ['a mask that is a folder', 'map.npy', '.', /./],
  ])('fails in one line for %s', async (_, map, mask, line) => {
    const folder = await makeFiles()
    const ended = await obalex(['score', '--map', join(folder, map), '--mask', join(folder, mask), '--json'])
    expectFailure(ended, 1, line)
  })
})

describe('mask', () => {
  it('info says size, area, box, parts and holes', async () => {
    const folder = await makeFiles()
    expect(await obalexJson(['mask', 'info', join(folder, 'quarter.json')])).toEqual({
      width: 8,
      height: 8,
      area: 16,
      bbox: [0, 0, 2, 8],
      parts: 1,
      holes: 0,
    })
    expect(await obalexJson(['mask', 'info', join(folder, 'empty.png')])).toMatchObject({ area: 0, bbox: [0, 0, 0, 0] })
  })

  it('convert goes from format to format without a loss', async () => {
    const folder = await makeFiles()
    const file = (name: string): string => join(folder, name)
    await obalexJson(['mask', 'convert', file('left.png'), file('a.json')])
    expect(JSON.parse(readFileSync(file('a.json'), 'utf8'))).toEqual({
      size: [8, 8],
      counts: expect.any(String) as string,
    })
    await obalexJson(['mask', 'convert', file('a.json'), file('b.npy')])
    expect([...(await readNpy(file('b.npy'))).data]).toEqual([...leftMask(side, 0.5).data])
    expect(await obalexJson(['mask', 'convert', file('b.npy'), file('c.json'), '--polygon'])).toEqual({
      width: 8,
      height: 8,
      area: 32,
      differs: 0,
    })
    expect(await obalexJson(['mask', 'iou', file('left.png'), file('c.json')])).toMatchObject({ iou: 1 })
  })

  it('convert refuses an ending that it does not know, and writes nothing', async () => {
    const folder = await makeFiles()
    const before = readdirSync(folder)
    const ended = await obalex(['mask', 'convert', join(folder, 'left.png'), join(folder, 'a.gif')])
    expectFailure(ended, 2, /\.gif/)
    expect(readdirSync(folder)).toEqual(before)
  })

  it('iou compares two masks', async () => {
    const folder = await makeFiles()
    const args = ['mask', 'iou', join(folder, 'left.png'), join(folder, 'quarter.json')]
    const result = await obalexJson<object>(args)
    expect(Object.keys(result)).toEqual(['iou', 'dice', 'boundaryIou', 'added', 'removed'])
    expect(result).toMatchObject({ iou: 0.5, dice: 2 / 3, added: 0, removed: 16 })
    expect((await obalex(args)).stdout).toMatch(/^removed +16 pixels$/m)
  })

  it('iou fails for masks of different sizes', async () => {
    const folder = await makeFiles()
    const ended = await obalex(['mask', 'iou', join(folder, 'left.png'), join(folder, 'large-left.png')])
    expectFailure(ended, 1, /8/)
  })
})
