import Konva from 'konva'
import { canvasColours } from '../colours.ts'
import type { BrushCursor } from '../canvas-session.ts'

const { line, width, casing, casingWidth } = canvasColours.ring
const signReach = 5

/** The ring of the brush: white over black, with + or − in the middle. */
export class CursorLayer {
  readonly layer = new Konva.Layer({ listening: false })
  readonly #group = new Konva.Group({ visible: false })
  readonly #rings: readonly Konva.Circle[]
  readonly #uprights: readonly Konva.Line[]

  constructor() {
    const styles = [
      { stroke: casing, strokeWidth: casingWidth, signWidth: 4 },
      { stroke: line, strokeWidth: width, signWidth: 1.8 },
    ]
    const sign = (points: number[]) =>
      styles.map(({ stroke, signWidth }) => new Konva.Line({ points, stroke, strokeWidth: signWidth }))
    this.#rings = styles.map(({ stroke, strokeWidth }) => new Konva.Circle({ radius: 1, stroke, strokeWidth }))
    this.#uprights = sign([0, -signReach, 0, signReach])
    const lying = sign([-signReach, 0, signReach, 0])
    const [casings, lines] = [0, 1].map((i) => [this.#rings[i]!, this.#uprights[i]!, lying[i]!])
    this.#group.add(...casings!, ...lines!)
    this.layer.add(this.#group)
  }

  /** @param cursor null: none */
  draw(cursor: BrushCursor | null): void {
    this.#group.visible(cursor !== null)
    if (cursor !== null) {
      this.#group.position(cursor.at)
      for (const ring of this.#rings) ring.radius(cursor.radius)
      for (const upright of this.#uprights) upright.visible(cursor.sign === 'add')
    }
    this.layer.draw()
  }
}
