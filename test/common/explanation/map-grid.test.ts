import { expect, it } from 'vitest'
import { mapGrid } from '#common/explanation/map-grid.ts'
import type { GridMap } from '#common/explanation/native-map.ts'

const input = { width: 224, height: 160, fit: 'crop' } as const
const grid: GridMap = { kind: 'grid', rows: 5, cols: 7, values: new Float64Array(35), steps: [] }

it('gives a map the classifier’s input where a step resamples it, else its own cells', () => {
  expect(mapGrid({ ...grid, steps: [{ op: 'relu' }, { op: 'bilinear' }] }, input)).toEqual(input)
  expect(mapGrid(grid, input)).toEqual({ width: 7, height: 5, fit: 'crop' })
  expect(mapGrid({ ...grid, steps: [{ op: 'divide-by-max' }] }, input)).toEqual({ width: 7, height: 5, fit: 'crop' })
})

it('takes segments at the size of their labels', () => {
  const labels = new Uint16Array(224 * 160)
  const values = Float64Array.of(1)
  expect(mapGrid({ kind: 'segments', width: 224, height: 160, labels, values, steps: [] }, input)).toEqual(input)
})
