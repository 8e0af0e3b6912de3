import type { Tool } from '../tool.ts'
import { idle } from './idle.ts'
import { panning } from './panning.ts'

export const pan: Tool<'pan'> = {
  id: 'pan',
  initial: 'idle',
  cursor: 'hand',
  states: { idle, panning },
  effect: () => null,
}
