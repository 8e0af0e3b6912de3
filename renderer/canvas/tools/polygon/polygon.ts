import { adding } from '../brush/sign.ts'
import type { Tool } from '../tool.ts'
import { drawing } from './drawing.ts'
import { idle } from './idle.ts'
import { placing } from './placing.ts'

/**
 * Adds a polygon that is clicked corner by corner, or cuts it out where its first corner is set with Alt. Enter or a
 * click on the first corner closes it, Backspace takes back the last corner.
 */
export const polygon: Tool<'polygon'> = {
  id: 'polygon',
  initial: 'idle',
  cursor: 'point',
  states: { idle, placing, drawing },
  effect: adding,
}
