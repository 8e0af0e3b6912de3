import type { CanvasPointer } from './tool.ts'

/** Screen pixels that a hand moves on a click. */
const clickSlack = 3

/** Whether a gesture went so far that it is no click any more. */
export function isDrag({ dragged }: Pick<CanvasPointer, 'dragged'>): boolean {
  return Math.hypot(dragged.x, dragged.y) > clickSlack
}
