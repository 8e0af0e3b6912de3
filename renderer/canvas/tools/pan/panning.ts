import type { ToolState } from '../tool.ts'

/** The photo follows the pointer. What was moved stays moved when the gesture is dropped: nothing is lost by it. */
export const panning: ToolState = {
  onPointerMove(editor, { moved }) {
    editor.panBy(moved.x, moved.y)
    return undefined
  },
  onPointerUp: () => 'idle',
  onCancel: () => 'idle',
}
