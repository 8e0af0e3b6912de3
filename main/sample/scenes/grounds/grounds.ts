import type { Stage } from '../stage.ts'
import { paintBeach } from './beach.ts'
import { paintForestFloor } from './forest-floor.ts'
import { paintMeadow } from './meadow.ts'

/** What a scene lies on. */
export type Background = 'meadow' | 'beach' | 'forest'

/** Paints the whole of the canvas. */
export const grounds: Readonly<Record<Background, (stage: Stage) => void>> = {
  meadow: paintMeadow,
  beach: paintBeach,
  forest: paintForestFloor,
}
