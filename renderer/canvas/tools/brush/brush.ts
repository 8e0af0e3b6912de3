import type { Tool } from '../tool.ts'
import { idle } from './idle.ts'
import { painting } from './painting.ts'
import { pressing } from './pressing.ts'

/** Adds to the mask. */
export const brush: Tool<'brush'> = {
  id: 'brush',
  initial: 'idle',
  states: { idle: idle('brush', true), pressing: pressing('brush', true), painting },
}
