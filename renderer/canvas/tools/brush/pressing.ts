import { isDrag } from '../drag.ts'
import type { ToolState } from '../tool.ts'
import { startStroke, type Painter } from './idle.ts'

/** The right button is down; a drag makes it a stroke, a click leaves it to the menu. */
export function pressing(painter: Painter): ToolState {
  return {
    onPointerMove(editor, pointer) {
      if (!isDrag(pointer)) return undefined
      if (!startStroke(editor, { ...pointer, isShift: false }, painter)) return 'idle'
      editor.extendStroke(pointer.image)
      return 'painting'
    },
    onPointerUp: () => 'idle',
    onCancel: () => 'idle',
  }
}
