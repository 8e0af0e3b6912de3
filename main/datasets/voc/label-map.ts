import { colourNumber } from '#main/files/index-png.ts'
import { vocPalette } from './colours.ts'

/** What classes are called, by their colours. */
export type LabelMap = ReadonlyMap<number, string>

/** `name:r,g,b:parts:actions`, as CVAT and Datumaro write it. */
const line = /^(.*):(\d{1,3}),(\d{1,3}),(\d{1,3}):[^:]*:[^:]*$/

/** Reads a `labelmap.txt`. Lines of another form are comments; of two lines with one colour the first counts. */
export function parseLabelMap(text: string): LabelMap {
  const names = new Map<number, string>()
  for (const each of text.split(/\r?\n/)) {
    const [, name, r, g, b] = line.exec(each) ?? []
    if (name === undefined || name.trim() === '') continue
    const colour = colourNumber(Number(r) & 255, Number(g) & 255, Number(b) & 255)
    if (!names.has(colour)) names.set(colour, name.trim())
  }
  return names
}

/** Classes as a `labelmap.txt`. @param classes names without line ends, and their places in VOC's palette */
export function formatLabelMap(classes: readonly (readonly [name: string, place: number])[]): string {
  const lines = [['background', 0] as const, ...classes].map(([name, place]) => {
    const colour = vocPalette[place]!
    return `${name}:${colour >> 16},${(colour >> 8) & 255},${colour & 255}::`
  })
  return ['# label:color_rgb:parts:actions', ...lines, ''].join('\n')
}
