import type { ToolState } from './tool.ts'

/** How every stroke that is open ends: kept where the pointer is lifted, given up where the gesture is cancelled. */
export const openStroke: Pick<ToolState, 'onPointerUp' | 'onCancel'> = {
  onPointerUp(editor) {
    editor.commitStroke()
    return 'idle'
  },
  onCancel(editor) {
    editor.cancelStroke()
    return 'idle'
  },
}
