import { adding } from '../brush/sign.ts'
import type { Tool } from '../tool.ts'
import { idle } from './idle.ts'

/** Fills the background region under the pointer, up to the mask around it; with Alt it empties the object's. */
export const fill: Tool<'fill'> = { id: 'fill', initial: 'idle', cursor: 'point', states: { idle }, effect: adding }
