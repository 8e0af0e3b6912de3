import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeNative, encodeNative, type NativeMap, type SegmentsMap } from '#common/explanation/native-map.ts'
import { AppError } from '#common/contract/errors.ts'

const grid: NativeMap = {
  kind: 'grid',
  rows: 2,
  cols: 3,
  values: Float64Array.of(0, -1.5, 1e300, 2 ** -1074, -0, 7),
  steps: [
    { op: 'relu' },
    { op: 'zoom-cubic' },
    { op: 'bilinear' },
    { op: 'patch-centres', patch: 32, stride: 16, size: { width: 224, height: 160 } },
    { op: 'invert-minmax' },
    { op: 'divide-by-max' },
  ],
  note: 'flat',
}

const segments: SegmentsMap = {
  kind: 'segments',
  width: 3,
  height: 2,
  labels: Uint16Array.of(0, 0, 2, 1, 1, 2),
  values: Float64Array.of(0.5, -(2 ** -1074), 1e300),
  steps: [{ op: 'keep', segments: [2, 0] }, { op: 'relu' }, { op: 'binary' }, { op: 'divide-by-max' }],
  note: 'one-segment',
}

function codeOf(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    if (error instanceof AppError) return error.code
    throw error
  }
  return 'no error'
}

describe('encodeNative and decodeNative', () => {
  it('are inverse, with every step and note, and without a note', () => {
    expect(decodeNative(encodeNative(grid))).toEqual(grid)
    const { note, ...plain } = grid
    expect(note).toBe('flat')
    expect(decodeNative(encodeNative(plain))).toEqual(plain)
  })

  it('are inverse for segments', () => {
    expect(decodeNative(encodeNative(segments))).toEqual(segments)
    const label = fc.integer({ min: 0, max: 400 })
    fc.assert(
      fc.property(fc.array(label, { minLength: 1, maxLength: 300 }), fc.boolean(), (ids, isWide) => {
        const labels = Uint16Array.from(ids)
        const native: SegmentsMap = {
          kind: 'segments',
          width: isWide ? ids.length : 1,
          height: isWide ? 1 : ids.length,
          labels,
          values: Float64Array.from({ length: Math.max(...ids) + 1 }, (_, i) => Math.sin(i)),
          steps: [],
        }
        expect(decodeNative(encodeNative(native))).toEqual(native)
      }),
    )
  })

  it('keep a label over more pixels than a run can count', () => {
    const even: SegmentsMap = {
      ...segments,
      width: 400,
      height: 400,
      labels: new Uint16Array(160_000).fill(1),
    }
    const encoded = encodeNative(even)
    expect(encoded.values.length).toBe(3 * 8 + 3 * 4)
    expect(decodeNative(encoded)).toEqual(even)
  })

  it.each<[string, Partial<SegmentsMap>]>([
    ['labels that do not fill the pixels', { width: 4 }],
    ['a label without a value', { values: Float64Array.of(1, 2) }],
    ['a step that keeps a segment that is not there', { steps: [{ op: 'keep', segments: [3] }] }],
  ])('refuse %s', (_, wrong) => {
    expect(codeOf(() => encodeNative({ ...segments, ...wrong }))).toBe('map.format')
  })

  it.each<[string, object, number]>([
    ['runs that do not fill the pixels', { width: 2 }, 0],
    ['too few bytes for the values', { nSegments: 9 }, 0],
    ['half a run', {}, 2],
    ['a resampling step', { steps: [{ op: 'bilinear' }] }, 0],
    ['a segment of negative number', { steps: [{ op: 'keep', segments: [-1] }] }, 0],
  ])('refuse stored segments with %s', (_, wrong, nCut) => {
    const { header, values } = encodeNative(segments)
    const changed = JSON.stringify({ ...(JSON.parse(header) as object), ...wrong })
    expect(codeOf(() => decodeNative({ header: changed, values: values.subarray(0, values.length - nCut) }))).toBe(
      'map.format',
    )
  })

  it('are inverse bit for bit', () => {
    const value = fc.double({ noNaN: true, noDefaultInfinity: true })
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 40 }), (values) => {
        const native: NativeMap = {
          kind: 'grid',
          rows: 1,
          cols: values.length,
          values: Float64Array.from(values),
          steps: [],
        }
        const back = decodeNative(encodeNative(native))
        expect(back.values.every((number, i) => Object.is(number, values[i]))).toBe(true)
      }),
    )
  })

  it('writes little-endian float64 and keeps the values out of the JSON', () => {
    const { header, values } = encodeNative({ kind: 'grid', rows: 1, cols: 1, values: Float64Array.of(1), steps: [] })
    expect(JSON.parse(header)).toEqual({ kind: 'grid', rows: 1, cols: 1, steps: [] })
    expect(Array.from(values)).toEqual([0, 0, 0, 0, 0, 0, 0xf0, 0x3f])
  })

  it('reads values that begin at an odd place of a larger buffer', () => {
    const { header, values } = encodeNative(grid)
    const holder = new Uint8Array(values.length + 5)
    holder.set(values, 5)
    expect(decodeNative({ header, values: holder.subarray(5) })).toEqual(grid)
  })

  it('shares no memory with the map that was encoded', () => {
    const values = Float64Array.of(1)
    const encoded = encodeNative({ kind: 'grid', rows: 1, cols: 1, values, steps: [] })
    values[0] = 2
    expect(decodeNative(encoded).values[0]).toBe(1)
  })

  it.each<[string, unknown]>([
    ['an unknown kind', { kind: 'cloud', rows: 1, cols: 1, steps: [] }],
    ['an unknown step', { kind: 'grid', rows: 1, cols: 1, steps: [{ op: 'sharpen' }] }],
    ['a step with a further field', { kind: 'grid', rows: 1, cols: 1, steps: [{ op: 'relu', alpha: 1 }] }],
    ['a stride of 0', { kind: 'grid', rows: 1, cols: 1, steps: [{ ...grid.steps[3], stride: 0 }] }],
    ['no rows', { kind: 'grid', rows: 0, cols: 1, steps: [] }],
    ['a billion rows', { kind: 'grid', rows: 1e9, cols: 1e9, steps: [] }],
    ['an unknown note', { kind: 'grid', rows: 1, cols: 1, steps: [], note: 'odd' }],
    ['a grid that the values do not fill', { kind: 'grid', rows: 1, cols: 2, steps: [] }],
    ['no object', null],
  ])('refuses %s', (_, header) => {
    const values = new Uint8Array(8)
    expect(codeOf(() => decodeNative({ header: JSON.stringify(header), values }))).toBe('map.format')
  })

  it('refuses what is not JSON, and half a number', () => {
    const { header, values } = encodeNative(grid)
    expect(codeOf(() => decodeNative({ header: header.slice(1), values }))).toBe('map.format')
    expect(codeOf(() => decodeNative({ header, values: values.subarray(1) }))).toBe('map.format')
  })

  it('refuses values that are not finite, in both directions', () => {
    const native: NativeMap = { kind: 'grid', rows: 1, cols: 2, values: Float64Array.of(1, NaN), steps: [] }
    expect(codeOf(() => encodeNative(native))).toBe('map.not-finite')
    const { header } = encodeNative({ ...native, values: Float64Array.of(1, 2) })
    const values = new Uint8Array(Float64Array.of(1, Infinity).buffer)
    expect(codeOf(() => decodeNative({ header, values }))).toBe('map.not-finite')
  })
})
