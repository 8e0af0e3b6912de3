import type { ToolState } from '../tool.ts'

/** The button is down on a new corner, which follows the pointer. */
export const placing: ToolState = {
  onPointerMove(editor, { image }) {
    editor.path.moveLast(image)
    return undefined
  },
  onPointerUp: () => 'drawing',
  onCancel(editor) {
    editor.path.removeLast()
    return editor.path.isOpen ? 'drawing' : 'idle'
  },
}
