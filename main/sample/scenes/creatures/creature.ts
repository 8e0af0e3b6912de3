import type { Brush } from '../canvas.ts'
import type { Random } from '../random.ts'

/** One animal with all its choices made: it looks the same however often and wherever it is painted. */
export interface Creature {
  /** Paints it with its head towards −y; its parts lie within 1.7 units of the middle. */
  paint(brush: Brush): void
}

/** Makes an animal of a class. */
export type MakeCreature = (random: Random) => Creature
