import { describe, expect, it } from 'vitest'
import { encodeNative, type NativeMap } from '#common/explanation/native-map.ts'
import { cellMapOf, readMap } from '../../../../renderer/canvas/explain/cell-map.ts'
import { objectMask } from '../../../../renderer/canvas/explain/object-outline.ts'

const photo = { width: 80, height: 40 }

/** A map of a classifier with an input of 4 × 4 cells. */
function stored(native: NativeMap, method: string, fit: 'stretch' | 'crop' = 'stretch') {
  return { method, ...encodeNative(native), grid: { width: 4, height: 4, fit } }
}

const size = { width: 4, height: 4 }
const occlusion: NativeMap = {
  kind: 'grid',
  rows: 2,
  cols: 2,
  values: Float64Array.of(1, 2, 3, 4),
  steps: [{ op: 'patch-centres', patch: 2, stride: 2, size }, { op: 'divide-by-max' }],
}
const segments: NativeMap = {
  kind: 'segments',
  width: 4,
  height: 4,
  labels: Uint16Array.from({ length: 16 }, (_, i) => (i % 4 < 2 ? 0 : 1)),
  values: Float64Array.of(-0.5, 0.25),
  steps: [{ op: 'relu' }, { op: 'divide-by-max' }],
  note: 'one-segment',
}

describe('a map in a cell', () => {
  it('is blocks where its method measures by block, segments where it has such, and smooth otherwise', () => {
    expect(cellMapOf(photo, stored(occlusion, 'occlusion')).blocks?.data[0]).toBe(0.25)
    const lime = cellMapOf(photo, stored(segments, 'lime'))
    expect(lime.blocks).toBe(lime.dense)
    expect(lime.note).toBe('one-segment')
    expect(cellMapOf(photo, stored(occlusion, 'gradcam')).blocks).toBeNull()
  })

  it('is made once', () => {
    const map = stored(occlusion, 'occlusion')
    expect(cellMapOf(photo, map)).toBe(cellMapOf(photo, map))
  })

  it('reads as it is drawn: the number of the block, or the interpolated one', () => {
    const map = cellMapOf(photo, stored(occlusion, 'occlusion'))
    const between = { x: 39, y: 1 }
    expect(readMap(map, between, 'native')).toMatchObject({ value: 0.25, segment: null })
    expect(readMap(map, between, 'smooth')?.value).toBeCloseTo(0.3125, 12)
  })

  it('says how much more than an even map it has at a place', () => {
    const map = cellMapOf(photo, stored(segments, 'lime'))
    expect(readMap(map, { x: 79, y: 39 }, 'native')?.density).toBe(2)
  })

  it('names the segment and its weight, also one that does not count', () => {
    const map = cellMapOf(photo, stored(segments, 'lime'))
    expect(readMap(map, { x: 0, y: 0 }, 'native')?.segment).toEqual({ index: 0, weight: -0.5 })
    expect(readMap(map, { x: 60, y: 0 }, 'smooth')?.segment).toEqual({ index: 1, weight: 0.25 })
  })

  it('has nothing where the classifier did not look', () => {
    const map = cellMapOf(photo, stored(occlusion, 'occlusion', 'crop'))
    expect(map.window).toEqual({ x: 20, y: 0, width: 40, height: 40 })
    expect(readMap(map, { x: 10, y: 10 }, 'native')).toBeNull()
    expect(readMap(map, { x: 59.9, y: 10 }, 'native')?.value).toBe(0.5)
    expect(readMap(map, { x: 60, y: 10 }, 'native')).toBeNull()
  })

  it('is refused where it is broken', () => {
    const broken = { ...stored(occlusion, 'occlusion'), values: new Uint8Array(3) }
    expect(() => cellMapOf(photo, broken)).toThrow(expect.objectContaining({ code: 'map.format' }) as Error)
  })
})

describe('the object mask of cells', () => {
  const rle = (...counts: number[]) => ({ width: 2, height: 2, counts: Uint32Array.from(counts) })

  it('is what the newest revisions of the objects cover together', () => {
    const instances = [
      { isObject: true, machine: rle(0, 1, 3), correction: null },
      { isObject: true, machine: rle(0, 4), correction: rle(3, 1) },
      { isObject: false, machine: rle(1, 2, 1), correction: null },
    ]
    expect([...objectMask(instances, { width: 2, height: 2 })!.counts]).toEqual([0, 1, 2, 1])
  })

  it('is none where no instance counts', () => {
    expect(objectMask([{ isObject: false, machine: rle(0, 4), correction: null }], { width: 2, height: 2 })).toBeNull()
  })
})
