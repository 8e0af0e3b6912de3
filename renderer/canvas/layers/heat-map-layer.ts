import Konva from 'konva'
import { resizeBilinear } from '#common/explanation/bilinear.ts'
import { inferno } from '#common/explanation/colour-map.ts'
import type { DenseMap } from '#common/explanation/map.ts'
import { alphaByValue } from '#common/explanation/overlay.ts'
import type { GridMap } from '../live-scores.ts'
import type { Viewport } from '../viewport.ts'

export type ColourMap = 'inferno' | 'grey'

/** Longer side of the bitmap that a map is coloured at; the screen interpolates colours from there on. */
const colouredSide = 512

/** The heat map: coloured once a map, then only moved; a stroke never draws it. */
export class HeatMapLayer {
  readonly layer = new Konva.Layer({ listening: false })
  readonly #node = new Konva.Image({ image: document.createElement('canvas'), visible: false })
  #shown: { readonly map: GridMap; readonly colourMap: ColourMap } | null = null

  constructor() {
    this.layer.add(this.#node)
  }

  /** Takes a map, or none. @param opacity 0…1 */
  show(map: GridMap | null, colourMap: ColourMap, opacity: number): void {
    this.#node.visible(map !== null)
    this.#node.opacity(opacity)
    if (map === null || (this.#shown?.map === map && this.#shown.colourMap === colourMap)) return
    this.#shown = { map, colourMap }
    this.#node.image(colouredCanvas(map.map, colourMap))
  }

  draw(view: Viewport): void {
    if (this.#shown !== null) {
      const { x, y, width, height } = this.#shown.map.window
      this.#node.position({ x: view.x + x * view.scale, y: view.y + y * view.scale })
      this.#node.size({ width: width * view.scale, height: height * view.scale })
    }
    this.layer.draw()
  }
}

function colouredCanvas(map: DenseMap, colourMap: ColourMap): HTMLCanvasElement {
  const factor = Math.max(1, colouredSide / Math.max(map.width, map.height))
  const fine = resizeBilinear(map, Math.round(map.height * factor), Math.round(map.width * factor))
  const canvas = document.createElement('canvas')
  canvas.width = fine.width
  canvas.height = fine.height
  const pixels = new ImageData(fine.width, fine.height)
  colourPixels(fine, colourMap, pixels.data)
  canvas.getContext('2d')!.putImageData(pixels, 0, 0)
  return canvas
}

function colourPixels({ data }: DenseMap, colourMap: ColourMap, out: Uint8ClampedArray): void {
  let max = 0
  for (const value of data) if (value > max) max = value
  if (max === 0) return
  const table = colourTable(colourMap)
  const words = new Uint32Array(out.buffer, out.byteOffset, data.length)
  for (let i = 0; i < data.length; i++) words[i] = table[Math.round((255 * Math.max(data[i]!, 0)) / max)]!
}

/** RGBA of 256 levels of evidence as little-endian words: a power for each pixel would take a quarter of a second. */
function colourTable(colourMap: ColourMap): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, level) => {
    const [r, g, b] = colourMap === 'inferno' ? inferno.subarray(3 * level, 3 * level + 3) : [level, level, level]
    return ((Math.round(255 * alphaByValue(level / 255)) << 24) | (b! << 16) | (g! << 8) | r!) >>> 0
  })
}
