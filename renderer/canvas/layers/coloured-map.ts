import { resizeBilinear } from '#common/explanation/bilinear.ts'
import { colourMaps, type ColourMapName } from '#common/explanation/colour-map.ts'
import type { DenseMap } from '#common/explanation/map.ts'
import { alphaByValue } from '#common/explanation/overlay.ts'

/** How evidence becomes colour. */
export interface Colouring {
  readonly colourMap: ColourMapName
  /** `by-value`: no evidence shows the photo; `constant`: the same everywhere */
  readonly blend: 'by-value' | 'constant'
  /** what gets the last colour; null: the map's own maximum */
  readonly top: number | null
  /** longer side of the bitmap that a smaller map is brought to before it is coloured; 0: the map's own size */
  readonly side: number
}

/** as long as their maps, so that going back to an image colours nothing again */
const known = new WeakMap<DenseMap, { readonly key: string; readonly canvas: HTMLCanvasElement }>()

/** A map in colours, each map in the way it was asked for last. Values below 0 are none. */
export function colouredMap(map: DenseMap, colouring: Colouring): HTMLCanvasElement {
  const { colourMap, blend, top, side } = colouring
  const key = [colourMap, blend, top, side].join()
  const last = known.get(map)
  if (last?.key === key) return last.canvas
  const canvas = colourCanvas(map, colouring)
  known.set(map, { key, canvas })
  return canvas
}

function colourCanvas(map: DenseMap, colouring: Colouring): HTMLCanvasElement {
  const factor = Math.max(1, colouring.side / Math.max(map.width, map.height))
  const fine = factor === 1 ? map : resizeBilinear(map, Math.round(map.height * factor), Math.round(map.width * factor))
  const canvas = document.createElement('canvas')
  canvas.width = fine.width
  canvas.height = fine.height
  const pixels = new ImageData(fine.width, fine.height)
  colourPixels(fine, colouring, pixels.data)
  canvas.getContext('2d')!.putImageData(pixels, 0, 0)
  return canvas
}

/** @param out RGBA of each cell of the map; left as it is where there is no evidence at all */
function colourPixels({ data }: DenseMap, colouring: Omit<Colouring, 'side'>, out: Uint8ClampedArray): void {
  const top = colouring.top ?? maximumOf(data)
  if (!(top > 0)) return
  const table = colourTable(colouring)
  const words = new Uint32Array(out.buffer, out.byteOffset, data.length)
  for (let i = 0; i < data.length; i++) {
    words[i] = table[Math.min(Math.round((255 * Math.max(data[i]!, 0)) / top), 255)]!
  }
}

/** The highest value; 0 where none is above. */
export function maximumOf(data: DenseMap['data']): number {
  let max = 0
  for (const value of data) if (value > max) max = value
  return max
}

/** RGBA of 256 levels of evidence as little-endian words: a power for each pixel would take a quarter of a second. */
function colourTable({ colourMap, blend }: Pick<Colouring, 'colourMap' | 'blend'>): Uint32Array {
  const colours = colourMaps[colourMap]
  return Uint32Array.from({ length: 256 }, (_, level) => {
    const [r, g, b] = colours.subarray(3 * level, 3 * level + 3)
    const alpha = blend === 'constant' ? 1 : alphaByValue(level / 255)
    return ((Math.round(255 * alpha) << 24) | (b! << 16) | (g! << 8) | r!) >>> 0
  })
}
