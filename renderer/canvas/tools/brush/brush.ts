import type { Tool } from '../tool.ts'
import { idle, type Painter } from './idle.ts'
import { painting } from './painting.ts'
import { pressing } from './pressing.ts'
import { adding } from './sign.ts'

/** A tool that paints with the brush; what its strokes do is up to it. */
export function painterTool<Id extends string>(id: Id, effect: Painter['effect']): Tool<Id> {
  const painter = { id, effect }
  const states = { idle: idle(painter), pressing: pressing(painter), painting }
  return { ...painter, initial: 'idle', cursor: 'ring', states }
}

/** Adds to the mask. */
export const brush = painterTool('brush', adding)
