import { openStroke } from '../open-stroke.ts'
import type { ToolState } from '../tool.ts'

/** Screen pixels of a drag across the whole range of colours. */
const fullRange = 800

/** A region is open. */
export const growing: ToolState = {
  onPointerMove(editor, { moved }) {
    editor.changeTolerance(moved.x / fullRange)
    return undefined
  },
  ...openStroke,
}
