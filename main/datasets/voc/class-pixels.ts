import type { IndexedPixels } from '#main/files/index-png.ts'
import { placeOf, vocClasses, vocPalette, voidColour, voidIndex } from './colours.ts'
import type { LabelMap } from './label-map.ts'

/** Pixels with the numbers that VOC gives them: 0 = background, 255 = void, others objects or classes. */
export interface VocPixels {
  readonly width: number
  readonly height: number
  /** Row-major; colours that VOC's palette does not have are 256 + their number. */
  readonly values: Uint32Array
  /** The colour that a number stands for; null where it is a mere number. */
  readonly colourOf: (value: number) => number | null
  /** Whether numbers may be places in the list of classes; of an image without a palette they come from colours. */
  readonly arePlaces: boolean
}

/** Brings palettes, greys and colours to VOC's numbers. */
export function vocPixels({ width, height, kind, values, palette }: IndexedPixels): VocPixels {
  if (kind === 'colour') {
    const numbers = values.map((colour) => placeOf(colour) ?? 256 + colour)
    const colourOf = (value: number): number => (value < 256 ? vocPalette[value]! : value - 256)
    return { width, height, values: numbers, colourOf, arePlaces: false }
  }
  // void has its colour also in palettes that are cut short
  const isVoid = (palette ?? []).map((colour) => colour === voidColour)
  const numbers = values.map((value) => (isVoid[value] === true ? voidIndex : value))
  return { width, height, values: numbers, colourOf: (value) => palette?.[value] ?? null, arePlaces: true }
}

/** Whether a number stands for an object or a class. */
export function isObject(value: number): boolean {
  return value !== 0 && value !== voidIndex
}

/** What the class of a number is called; null where nothing says it. */
export function className(value: number, pixels: VocPixels, labelMap: LabelMap | null): string | null {
  if (labelMap === null) return vocClasses[value] ?? null
  const byColour = labelMap.get(pixels.colourOf(value) ?? vocPalette[value] ?? -1)
  return byColour ?? (pixels.arePlaces ? ([...labelMap.values()][value] ?? null) : null)
}

/** The classes that an object's pixels have, the commonest first; void and background are none. */
export function classesOfObjects(objects: VocPixels, classes: VocPixels): Map<number, readonly number[]> {
  const counts = new Map<number, Map<number, number>>()
  for (let i = 0; i < objects.values.length; i++) {
    const object = objects.values[i]!
    const value = classes.values[i]!
    if (!isObject(object) || !isObject(value)) continue
    const own = counts.get(object) ?? new Map<number, number>()
    counts.set(object, own)
    own.set(value, (own.get(value) ?? 0) + 1)
  }
  return new Map(
    [...counts].map(([object, own]) => [object, [...own].sort(([, a], [, b]) => b - a).map(([value]) => value)]),
  )
}
