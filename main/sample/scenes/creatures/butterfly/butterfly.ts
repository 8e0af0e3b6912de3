import { within } from '../../canvas.ts'
import type { Random } from '../../random.ts'
import type { Creature } from '../creature.ts'
import { makeFeelers, paintBody } from './body.ts'
import { coats } from './coat.ts'
import { makeWing, paintWing } from './wing.ts'

/** Makes a butterfly with its wings spread, more or less raised on either side. */
export function makeButterfly(random: Random): Creature {
  const coat = random.pick(coats)
  const offset = random.between(0, 200)
  const wings = [makeWing(coat, offset, false), makeWing(coat, offset, true)]
  const sweep = random.between(-0.22, 0.2)
  /** Cosines of the angles at which the wings of either side are raised. */
  const folds = { left: random.between(0.72, 1), right: random.between(0.72, 1) }
  const feelers = makeFeelers(random)
  return {
    paint: (brush) => {
      for (const wing of wings) {
        for (const side of [-1, 1]) {
          const fold = side < 0 ? folds.left : folds.right
          const angle = side * (wing.isFore ? sweep : -0.6 * sweep)
          const turned = within(brush, { x: 0, y: 0, angle, across: side * fold })
          paintWing(turned, wing, Math.sqrt(1 - fold * fold))
        }
      }
      paintBody(brush, coat, feelers)
    },
  }
}
