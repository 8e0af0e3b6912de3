import type { CanvasPointer, Editor, StrokeEffect, ToolState } from '../tool.ts'

/** A tool that paints along the way of the pointer. */
export interface Painter {
  readonly id: string
  readonly effect: (pointer: Pick<CanvasPointer, 'button' | 'isAlt'>) => StrokeEffect
}

/** Waits for a button. Shift joins the last dab by a straight line. */
export function idle(painter: Painter): ToolState {
  return {
    onPointerDown(editor, pointer) {
      // a right click without a drag belongs to the menu, so a right press does not paint yet
      if (pointer.button === 2) return 'pressing'
      return startStroke(editor, pointer, painter) ? 'painting' : undefined
    },
  }
}

/** Opens a stroke with its first dab; false where nothing can be painted. */
export function startStroke(editor: Editor, pointer: CanvasPointer, { id, effect }: Painter): boolean {
  const from = pointer.isShift ? editor.lastDab : null
  if (!editor.beginStroke(id, effect(pointer))) return false
  editor.sweep(from ?? pointer.pressedAt, pointer.pressedAt)
  return true
}
