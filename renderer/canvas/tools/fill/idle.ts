import { adding } from '../brush/sign.ts'
import type { ToolState } from '../tool.ts'

/** Waits for a click. */
export const idle: ToolState = {
  onPointerDown(editor, pointer) {
    if (pointer.button === 0) editor.fillRegion('fill', pointer.image, adding(pointer))
    return undefined
  },
}
