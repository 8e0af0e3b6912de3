import { isDrag } from '../drag.ts'
import type { ToolState } from '../tool.ts'

/** The right button is down; a drag begins to take away. */
export const pressing: ToolState = {
  onPointerMove(editor, pointer) {
    if (!isDrag(pointer)) return undefined
    return editor.growRegion('wand', pointer.pressedAt, 'subtract') ? 'growing' : 'idle'
  },
  onPointerUp: () => 'idle',
  onCancel: () => 'idle',
}
