/** What the name of a PNG says, if it belongs to the photo of that name. */
export interface NameReading {
  /** Of the photo, ending apart. */
  readonly name: string
  /** Whether the PNG has all objects of the photo, or one. */
  readonly holds: 'all' | 'one'
  /** The object's number, where there is one. */
  readonly number: number | null
  readonly category: string | null
}

/** `1_0_cat`, `1_0`: a number that stands for an object, and what follows it. */
const numbered = /_(\d{1,9})(?=_|$)/g

/**
 * All that a PNG's name could say, likeliest first: `cats/1` and `cats/1_mask` have all objects of `cats/1`; `cats/1/…`,
 * `cats/1_0` and `cats/1_0_cat` have one.
 * @param name path of the PNG, ending apart
 */
export function readingsOf(name: string): NameReading[] {
  const readings: NameReading[] = [{ name, holds: 'all', number: null, category: null }]
  const [, ofAll] = /^(.+)_mask$/i.exec(name) ?? []
  if (ofAll !== undefined) readings.push({ name: ofAll, holds: 'all', number: null, category: null })
  const [, folder, inside] = /^(.+)\/([^/]+)$/.exec(name) ?? []
  const starts = [...name.matchAll(numbered)].filter(({ index }) => index > name.lastIndexOf('/') + 1).reverse()
  for (const { index, 0: sign, 1: number } of starts) {
    const category = categoryIn(name.slice(index + sign.length))
    readings.push({ name: name.slice(0, index), holds: 'one', number: Number(number), category })
  }
  if (folder !== undefined) {
    const [, number, rest] = /^(\d{1,9})(?:_(.+))?$/.exec(inside!) ?? []
    const category = rest === undefined ? null : categoryIn(`_${rest}`)
    readings.push({ name: folder, holds: 'one', number: number === undefined ? null : Number(number), category })
  }
  return readings
}

/** @param rest what follows the number: `_cat`, or nothing */
function categoryIn(rest: string): string | null {
  const text = rest.slice(1).replace(/%([0-9A-F]{2})/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)))
  return text === '' ? null : text
}

/** What a category is called in a file: signs that no file may have are `%` and their number, as in web addresses. */
function categoryText(category: string): string {
  const sign = (each: string): string => `%${each.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
  // eslint-disable-next-line no-control-regex -- Windows refuses these in names
  return category.toWellFormed().replace(/[\u0000-\u001f\u007f/\\:*?"<>|%]|^[ .]|[ .]$/g, sign)
}

/** The part of a file's name that says the category, `_cat`; nothing where there is none. */
export function categoryEnding(category: string | null): string {
  return category === null || category === '' ? '' : `_${categoryText(category)}`
}
