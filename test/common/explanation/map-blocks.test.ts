import { describe, expect, it } from 'vitest'
import { mapBlocks } from '#common/explanation/map-blocks.ts'
import type { GridMap, RenderStep } from '#common/explanation/native-map.ts'

const grid = (values: number[], steps: readonly RenderStep[]): GridMap => ({
  kind: 'grid',
  rows: 2,
  cols: 2,
  values: Float64Array.from(values),
  steps,
})
const rowsOf = ({ data, width }: { data: Float64Array; width: number }): number[][] =>
  Array.from({ length: data.length / width }, (_, y) => [...data.subarray(y * width, (y + 1) * width)])

describe('a map as the blocks that it was measured on', () => {
  it('gives each pixel the patch whose centre is nearest, after all steps but the interpolating one', () => {
    const size = { width: 6, height: 6 }
    const native = grid(
      [-1, 2, 4, 1],
      [{ op: 'relu' }, { op: 'patch-centres', patch: 4, stride: 2, size }, { op: 'divide-by-max' }],
    )
    // centres at 1.5 and 3.5: the border between the cells lies at 2.5
    expect(rowsOf(mapBlocks(native, size))).toEqual([
      [0, 0, 0, 0.5, 0.5, 0.5],
      [0, 0, 0, 0.5, 0.5, 0.5],
      [0, 0, 0, 0.5, 0.5, 0.5],
      [1, 1, 1, 0.25, 0.25, 0.25],
      [1, 1, 1, 0.25, 0.25, 0.25],
      [1, 1, 1, 0.25, 0.25, 0.25],
    ])
  })

  it('gives patches that do not reach the border the pixels up to it, on a grid of another size as well', () => {
    const size = { width: 8, height: 8 }
    const native = grid([1, 2, 3, 4], [{ op: 'patch-centres', patch: 2, stride: 2, size }])
    // on the input centres lie at 0.5 and 2.5, so that the second cell begins at 1.5, and goes on to the end
    expect(rowsOf(mapBlocks(native, size))[0]).toEqual([1, 1, 2, 2, 2, 2, 2, 2])
    expect(rowsOf(mapBlocks(native, { width: 4, height: 4 }))[0]).toEqual([1, 2, 2, 2])
  })

  it('divides the input evenly where a grid was stretched over it', () => {
    const native = grid([10, 20, 30, 40], [{ op: 'zoom-cubic' }, { op: 'invert-minmax' }])
    const rows = rowsOf(mapBlocks(native, { width: 4, height: 2 }))
    expect(rows.map((row) => row.map((value) => Math.round(value * 3)))).toEqual([
      [3, 3, 2, 2],
      [1, 1, 0, 0],
    ])
  })

  it('refuses a grid that its values do not fill', () => {
    const broken = { ...grid([1, 2, 3, 4], []), cols: 3 }
    expect(() => mapBlocks(broken, { width: 6, height: 6 })).toThrow(
      expect.objectContaining({ code: 'map.format' }) as Error,
    )
  })
})
