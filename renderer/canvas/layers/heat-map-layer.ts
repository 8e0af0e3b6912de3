import Konva from 'konva'
import { resizeBilinear } from '#common/explanation/bilinear.ts'
import { colourMaps, type ColourMapName } from '#common/explanation/colour-map.ts'
import type { DenseMap } from '#common/explanation/map.ts'
import { alphaByValue } from '#common/explanation/overlay.ts'
import type { GridMap } from '../live-scores.ts'
import type { Viewport } from '../viewport.ts'

/** How maps are drawn. */
export interface HeatMapLook {
  readonly colourMap: ColourMapName
  /** `by-value`: no evidence shows the photo; `constant`: the same everywhere */
  readonly blend: 'by-value' | 'constant'
  /** 0…1 */
  readonly opacity: number
}

/** Longer side of the bitmap that a map is coloured at; the screen interpolates colours from there on. */
const colouredSide = 512

/** The heat map, or two beside each other: coloured once a map, then only moved; a stroke never draws it. */
export class HeatMapLayer {
  readonly layer = new Konva.Layer({ listening: false })
  readonly #panes = [new HeatMapPane(), new HeatMapPane()] as const

  constructor() {
    for (const { group } of this.#panes) this.layer.add(group)
  }

  /** Takes a map, or none. @param other is shown right of the divider of `draw` */
  show(map: GridMap | null, other: GridMap | null, look: HeatMapLook): void {
    this.#panes[0].show(map, look)
    this.#panes[1].show(other, look)
  }

  /** @param divider where the second map begins, screen pixels; null: there is one only */
  draw(view: Viewport, divider: number | null): void {
    const { width, height } = view
    this.#panes[0].draw(view, { x: 0, y: 0, width: divider ?? width, height })
    this.#panes[1].draw(view, { x: divider ?? width, y: 0, width: width - (divider ?? width), height })
    this.layer.draw()
  }
}

class HeatMapPane {
  readonly group = new Konva.Group()
  readonly #node = new Konva.Image({ image: document.createElement('canvas'), visible: false })
  #shown: { readonly map: GridMap; readonly look: HeatMapLook } | null = null

  constructor() {
    this.group.add(this.#node)
  }

  show(map: GridMap | null, look: HeatMapLook): void {
    this.#node.visible(map !== null)
    this.#node.opacity(look.opacity)
    if (map === null) return
    const { look: was } = this.#shown ?? {}
    if (this.#shown?.map === map && was?.colourMap === look.colourMap && was.blend === look.blend) return
    this.#shown = { map, look }
    this.#node.image(colouredCanvas(map, look))
  }

  draw(view: Viewport, clip: { x: number; y: number; width: number; height: number }): void {
    this.group.clip(clip)
    if (this.#shown === null) return
    const { x, y, width, height } = this.#shown.map.window
    this.#node.position({ x: view.x + x * view.scale, y: view.y + y * view.scale })
    this.#node.size({ width: width * view.scale, height: height * view.scale })
  }
}

interface Coloured extends Pick<HeatMapLook, 'colourMap' | 'blend'> {
  readonly canvas: HTMLCanvasElement
}

/** as long as their maps, so that going back to an image colours nothing again */
const knownCanvases = new WeakMap<GridMap, Coloured>()

function colouredCanvas(map: GridMap, { colourMap, blend, ...look }: HeatMapLook): HTMLCanvasElement {
  const known = knownCanvases.get(map)
  if (known?.colourMap === colourMap && known.blend === blend) return known.canvas
  const canvas = colourCanvas(map.map, { colourMap, blend, ...look })
  knownCanvases.set(map, { colourMap, blend, canvas })
  return canvas
}

function colourCanvas(map: DenseMap, look: HeatMapLook): HTMLCanvasElement {
  const factor = Math.max(1, colouredSide / Math.max(map.width, map.height))
  const fine = resizeBilinear(map, Math.round(map.height * factor), Math.round(map.width * factor))
  const canvas = document.createElement('canvas')
  canvas.width = fine.width
  canvas.height = fine.height
  const pixels = new ImageData(fine.width, fine.height)
  colourPixels(fine, look, pixels.data)
  canvas.getContext('2d')!.putImageData(pixels, 0, 0)
  return canvas
}

function colourPixels({ data }: DenseMap, look: HeatMapLook, out: Uint8ClampedArray): void {
  let max = 0
  for (const value of data) if (value > max) max = value
  if (max === 0) return
  const table = colourTable(look)
  const words = new Uint32Array(out.buffer, out.byteOffset, data.length)
  for (let i = 0; i < data.length; i++) words[i] = table[Math.round((255 * Math.max(data[i]!, 0)) / max)]!
}

/** RGBA of 256 levels of evidence as little-endian words: a power for each pixel would take a quarter of a second. */
function colourTable({ colourMap, blend }: HeatMapLook): Uint32Array {
  const colours = colourMaps[colourMap]
  return Uint32Array.from({ length: 256 }, (_, level) => {
    const [r, g, b] = colours.subarray(3 * level, 3 * level + 3)
    const alpha = blend === 'constant' ? 1 : alphaByValue(level / 255)
    return ((Math.round(255 * alpha) << 24) | (b! << 16) | (g! << 8) | r!) >>> 0
  })
}
