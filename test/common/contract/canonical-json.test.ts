import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson, type Json } from '../../../common/contract/canonical-json.ts'

/** The same data with the keys of every object put in another order. */
function reversed(value: Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map(reversed)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, item]) => [key, reversed(item as Json)]),
  )
}

describe('canonicalJson', () => {
  it('sorts the keys at every depth and writes no white space', () => {
    expect(canonicalJson({ b: 1, a: { d: [1, { z: null, y: true }], c: 'x' } })).toBe(
      '{"a":{"c":"x","d":[1,{"y":true,"z":null}]},"b":1}',
    )
  })

  it('orders keys by UTF-16 code units, as RFC 8785 does', () => {
    const keys = ['€', '\r', '\ufb33', '1', '😀', '\u0080', 'ö']
    const text = canonicalJson(Object.fromEntries(keys.map((key, index) => [key, index])))
    expect(Object.values(JSON.parse(text) as Record<string, number>)).toEqual([3, 1, 5, 6, 0, 4, 2])
  })

  it('writes numbers as ECMAScript does', () => {
    expect(canonicalJson([Number('333333333.33333329'), 1e30, 4.5, 2e-3, 1e-27, -0, 1e21, 1e20])).toBe(
      '[333333333.3333333,1e+30,4.5,0.002,1e-27,0,1e+21,100000000000000000000]',
    )
  })

  it('leaves out what is undefined in an object', () => {
    expect(canonicalJson({ a: undefined, b: 1 })).toBe('{"b":1}')
  })

  it('escapes lone surrogates, so that the text survives being stored as UTF-8', () => {
    expect(canonicalJson('\ud800')).toBe('"\\ud800"')
  })

  it('keeps a key that is named like an inherited property', () => {
    expect(canonicalJson(JSON.parse('{"__proto__":1,"a":2}') as Json)).toBe('{"__proto__":1,"a":2}')
  })

  it.each([
    ['NaN', Number.NaN],
    ['infinity', Number.POSITIVE_INFINITY],
    ['undefined', undefined],
    ['undefined in an array', [undefined]],
    ['a hole in an array', new Array<unknown>(1)],
    ['a function', () => 1],
    ['a bigint', 1n],
    ['a date', new Date(0)],
    ['a map', new Map()],
    ['a typed array', new Uint8Array(2)],
  ])('refuses %s', (_, value) => {
    expect(() => canonicalJson({ inside: [value] } as unknown as Json)).toThrow(TypeError)
  })

  it('refuses a value that contains itself, but takes the same value twice', () => {
    const cycle: Record<string, unknown> = {}
    cycle['self'] = { again: cycle }
    expect(() => canonicalJson(cycle as unknown as Json)).toThrow(TypeError)
    const twice = { a: 1 }
    expect(canonicalJson([twice, twice])).toBe('[{"a":1},{"a":1}]')
  })

  it('parses back to the same data, and equal data give equal text whatever the order of keys', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const text = canonicalJson(value)
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
        expect(canonicalJson(reversed(value as Json))).toBe(text)
      }),
    )
  })
})
