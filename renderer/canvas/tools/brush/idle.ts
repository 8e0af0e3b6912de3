import type { CanvasPointer, Editor, ToolState } from '../tool.ts'
import { isAddingStroke } from './sign.ts'

/** Waits for a button. Shift joins the last dab by a straight line. */
export function idle(tool: string, toolAdds: boolean): ToolState {
  return {
    onPointerDown(editor, pointer) {
      // a right click without a drag belongs to the menu, so a right press does not paint yet
      if (pointer.button === 2) return 'pressing'
      return startStroke(editor, pointer, { tool, toolAdds }) ? 'painting' : undefined
    },
  }
}

/** Opens a stroke with its first dab; false where nothing can be painted. */
export function startStroke(
  editor: Editor,
  pointer: CanvasPointer,
  { tool, toolAdds }: { readonly tool: string; readonly toolAdds: boolean },
): boolean {
  const from = pointer.isShift ? editor.lastDab : null
  if (!editor.beginStroke(tool, isAddingStroke(toolAdds, pointer))) return false
  editor.sweep(from ?? pointer.pressedAt, pointer.pressedAt)
  return true
}
