import { makeBeetle } from './beetle/beetle.ts'
import { makeButterfly } from './butterfly/butterfly.ts'
import type { MakeCreature } from './creature.ts'
import { makeTurtle } from './turtle/turtle.ts'

/** The classes of the sample. */
export type ClassName = 'beetle' | 'butterfly' | 'turtle'

/** How the animals of each class are made. */
export const creatures: Readonly<Record<ClassName, MakeCreature>> = {
  beetle: makeBeetle,
  butterfly: makeButterfly,
  turtle: makeTurtle,
}
