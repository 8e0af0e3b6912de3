import { idle } from '../brush/idle.ts'
import { painting } from '../brush/painting.ts'
import { pressing } from '../brush/pressing.ts'
import type { Tool } from '../tool.ts'

/** Takes from the mask: the brush with its sign turned. */
export const eraser: Tool<'eraser'> = {
  id: 'eraser',
  initial: 'idle',
  states: { idle: idle('eraser', false), pressing: pressing('eraser', false), painting },
}
