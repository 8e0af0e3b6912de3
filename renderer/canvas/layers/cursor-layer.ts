import Konva from 'konva'
import { canvasColours } from '../colours.ts'
import type { CanvasCursor } from '../canvas-session.ts'

const { line, width, casing, casingWidth } = canvasColours.ring
const signReach = 5
/** the sign of a tool that works at a point lies beside it, screen pixels */
const besidePoint = 14
const cornerSize = 3
const firstCornerSize = 5
const styles = [
  { stroke: casing, strokeWidth: casingWidth, signWidth: 4 },
  { stroke: line, strokeWidth: width, signWidth: 1.8 },
] as const

/** The ring of the brush, white over black, with + or − in the middle; the polygon that is being drawn; a number. */
export class CursorLayer {
  readonly layer = new Konva.Layer({ listening: false })
  readonly #group = new Konva.Group({ visible: false })
  readonly #sign = new Konva.Group()
  readonly #path = new Konva.Group()
  readonly #label = new Konva.Text({ fontSize: 12, fontStyle: '600', fill: line, stroke: casing, strokeWidth: 3 })
  readonly #rings: readonly Konva.Circle[]
  readonly #uprights: readonly Konva.Line[]

  constructor() {
    const sign = (points: number[]) =>
      styles.map(({ stroke, signWidth }) => new Konva.Line({ points, stroke, strokeWidth: signWidth }))
    this.#rings = styles.map(({ stroke, strokeWidth }) => new Konva.Circle({ radius: 1, stroke, strokeWidth }))
    this.#uprights = sign([0, -signReach, 0, signReach])
    const lying = sign([-signReach, 0, signReach, 0])
    const [casings, lines] = [0, 1].map((i) => [this.#uprights[i]!, lying[i]!])
    this.#sign.add(...casings!, ...lines!)
    this.#label.fillAfterStrokeEnabled(true)
    this.#group.add(...this.#rings, this.#sign, this.#label)
    this.layer.add(this.#path, this.#group)
  }

  /** @param cursor null: none */
  draw(cursor: CanvasCursor | null): void {
    const at = cursor?.at ?? null
    this.#group.visible(at !== null)
    if (cursor !== null && at !== null) {
      this.#group.position(at)
      for (const ring of this.#rings) {
        ring.visible(cursor.radius !== null)
        ring.radius(cursor.radius ?? 1)
      }
      const beside = cursor.radius === null ? besidePoint : 0
      this.#sign.position({ x: beside, y: beside })
      this.#sign.visible(cursor.effect !== 'restore')
      for (const upright of this.#uprights) upright.visible(cursor.effect === 'add')
      this.#label.setAttrs({ text: cursor.label ?? '', x: besidePoint + 10, y: besidePoint - 6 })
    }
    this.#drawPath(cursor)
    this.layer.draw()
  }

  #drawPath(cursor: CanvasCursor | null): void {
    this.#path.destroyChildren()
    const corners = cursor?.path ?? []
    if (corners.length === 0) return
    const points = [...corners, ...(cursor?.at == null ? [] : [cursor.at])].flatMap(({ x, y }) => [x, y])
    for (const { stroke, strokeWidth } of styles) this.#path.add(new Konva.Line({ points, stroke, strokeWidth }))
    for (const [i, { x, y }] of corners.entries()) {
      const radius = i === 0 ? firstCornerSize : cornerSize
      this.#path.add(new Konva.Circle({ x, y, radius, fill: line, stroke: casing, strokeWidth: 1.5 }))
    }
  }
}
