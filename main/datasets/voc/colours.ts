import { colourNumber } from '#main/files/index-png.ts'

/** VOC's classes; the place of each in its palette. */
export const vocClasses: readonly string[] = [
  'background',
  'aeroplane',
  'bicycle',
  'bird',
  'boat',
  'bottle',
  'bus',
  'car',
  'cat',
  'chair',
  'cow',
  'diningtable',
  'dog',
  'horse',
  'motorbike',
  'person',
  'pottedplant',
  'sheep',
  'sofa',
  'train',
  'tvmonitor',
]

/** The place in the palette that no object may have: pixels at borders and of what is too hard to tell. */
export const voidIndex = 255

/** How many objects, or classes, a palette has room for. */
export const maxObjects = 254

/**
 * VOC's palette of 256 colours, each once: the bits of a place are dealt out to red, green and blue in turn, from the
 * upper bits down.
 * @see VOCcode/VOClabelcolormap.m of the VOC 2012 development kit
 */
export const vocPalette: readonly number[] = Array.from({ length: 256 }, (_, place) => {
  let [r, g, b] = [0, 0, 0]
  for (let bit = 7, rest = place; bit >= 0; bit--, rest >>= 3) {
    r |= (rest & 1) << bit
    g |= ((rest >> 1) & 1) << bit
    b |= ((rest >> 2) & 1) << bit
  }
  return colourNumber(r, g, b)
})

/** (224, 224, 192). */
export const voidColour = vocPalette[voidIndex]!

const places: ReadonlyMap<number, number> = new Map(vocPalette.map((colour, place) => [colour, place]))

/** The place of a colour in VOC's palette; null for others. */
export function placeOf(colour: number): number | null {
  return places.get(colour) ?? null
}
