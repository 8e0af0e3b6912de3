import { adding } from '../brush/sign.ts'
import type { ToolState } from '../tool.ts'

/** No polygon is open. */
export const idle: ToolState = {
  onPointerDown(editor, pointer) {
    if (pointer.button !== 0 || !editor.canPaint) return undefined
    editor.path.open(pointer.image, adding(pointer) === 'add')
    return 'placing'
  },
}
