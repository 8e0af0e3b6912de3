import Konva from 'konva'
import type { GridSize } from '#common/mask/rectangle.ts'
import { canvasColours } from '../colours.ts'
import type { Viewport } from '../viewport.ts'

const { line: stroke, width: strokeWidth, dash } = canvasColours.frame

/** Where a photo would be that is not here: a dashed frame of its size, so that the masks have a place. */
export class EmptyFrame {
  readonly node = new Konva.Rect({ stroke, strokeWidth, dash: [...dash], visible: false })
  #size: GridSize | null = null

  /** @param size of the photo; null: it is here */
  show(size: GridSize | null): void {
    this.#size = size
    this.node.visible(size !== null)
  }

  place({ x, y, scale }: Viewport): void {
    if (this.#size === null) return
    const { width, height } = this.#size
    this.node.setAttrs({ x, y, width: width * scale, height: height * scale })
  }
}
