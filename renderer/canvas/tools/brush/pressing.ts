import type { ToolState } from '../tool.ts'
import { startStroke } from './idle.ts'

/** Screen pixels that a hand moves on a click. */
const clickSlack = 3

/** The right button is down; a drag makes it a stroke, a click leaves it to the menu. */
export function pressing(tool: string, toolAdds: boolean): ToolState {
  return {
    onPointerMove(editor, pointer) {
      if (pointer.dragged <= clickSlack) return undefined
      if (!startStroke(editor, { ...pointer, isShift: false }, { tool, toolAdds })) return 'idle'
      editor.extendStroke(pointer.image)
      return 'painting'
    },
    onPointerUp: () => 'idle',
    onCancel: () => 'idle',
  }
}
