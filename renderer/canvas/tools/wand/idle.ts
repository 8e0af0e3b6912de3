import { adding } from '../brush/sign.ts'
import type { ToolState } from '../tool.ts'

/** Waits for a button. */
export const idle: ToolState = {
  onPointerDown(editor, pointer) {
    // as with the brush, a right click without a drag belongs to the menu
    if (pointer.button === 2) return 'pressing'
    return editor.growRegion('wand', pointer.image, adding(pointer)) ? 'growing' : undefined
  },
}
