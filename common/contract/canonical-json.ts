/** What JSON can hold. A property that is `undefined` counts as absent. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [key: string]: Json | undefined
}

/**
 * The one JSON text of a value: no white space, object keys sorted by UTF-16 code units, numbers and strings as
 * ECMAScript writes them (the rules of RFC 8785, except that lone surrogates are escaped instead of refused). Equal
 * values give equal text, so the text can be hashed or be a key.
 * @param value plain data; properties that are undefined are left out, as in `JSON.stringify`; −0 is written as 0
 * @throws TypeError for what JSON cannot hold: NaN, ±Infinity, undefined in an array, functions, symbols, bigint,
 *   objects that are not plain (Date, Map, typed arrays), and cycles
 */
export function canonicalJson(value: Json): string {
  return write(value, [])
}

function write(value: unknown, ancestors: readonly object[]): string {
  switch (typeof value) {
    case 'boolean':
    case 'string':
      return JSON.stringify(value)
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError(`JSON cannot hold the number ${value}`)
      return JSON.stringify(value)
    case 'object':
      return value === null ? 'null' : writeObject(value, ancestors)
    default:
      throw new TypeError(`JSON cannot hold a value of type ${typeof value}`)
  }
}

function writeObject(value: object, ancestors: readonly object[]): string {
  if (ancestors.includes(value)) throw new TypeError('JSON cannot hold a value that contains itself')
  const below = [...ancestors, value]
  if (Array.isArray(value)) return `[${Array.from(value, (item) => write(item, below)).join(',')}]`
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) {
    throw new TypeError(`JSON cannot hold a ${Object.prototype.toString.call(value).slice(8, -1)}`)
  }
  const properties = Object.entries(value as Record<string, unknown>)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${properties.map(([key, item]) => `${JSON.stringify(key)}:${write(item, below)}`).join(',')}}`
}
