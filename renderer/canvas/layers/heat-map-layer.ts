import Konva from 'konva'
import type { GridMap } from '../live-scores.ts'
import type { Viewport } from '../viewport.ts'
import { colouredMap, type Colouring } from './coloured-map.ts'

/** How maps are drawn. */
export interface HeatMapLook extends Pick<Colouring, 'colourMap' | 'blend'> {
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
    const { colourMap, blend } = look
    this.#node.image(colouredMap(map.map, { colourMap, blend, top: null, side: colouredSide }))
  }

  draw(view: Viewport, clip: { x: number; y: number; width: number; height: number }): void {
    this.group.clip(clip)
    if (this.#shown === null) return
    const { x, y, width, height } = this.#shown.map.window
    this.#node.position({ x: view.x + x * view.scale, y: view.y + y * view.scale })
    this.#node.size({ width: width * view.scale, height: height * view.scale })
  }
}
