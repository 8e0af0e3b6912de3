import { adding } from '../brush/sign.ts'
import type { Tool } from '../tool.ts'
import { growing } from './growing.ts'
import { idle } from './idle.ts'
import { pressing } from './pressing.ts'

/** Adds what is connected to a place and of nearly its colour; a drag to the right takes more colours, to the left fewer. */
export const wand: Tool<'wand'> = {
  id: 'wand',
  initial: 'idle',
  cursor: 'point',
  states: { idle, pressing, growing },
  effect: adding,
}
