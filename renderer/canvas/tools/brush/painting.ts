import type { ToolState } from '../tool.ts'

/** A stroke is open. */
export const painting: ToolState = {
  onPointerMove(editor, { image }) {
    editor.extendStroke(image)
    return undefined
  },
  onPointerUp(editor) {
    editor.commitStroke()
    return 'idle'
  },
  onCancel(editor) {
    editor.cancelStroke()
    return 'idle'
  },
}
