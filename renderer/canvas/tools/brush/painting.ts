import { openStroke } from '../open-stroke.ts'
import type { ToolState } from '../tool.ts'

/** A stroke is open. */
export const painting: ToolState = {
  onPointerMove(editor, { image }) {
    editor.extendStroke(image)
    return undefined
  },
  ...openStroke,
}
