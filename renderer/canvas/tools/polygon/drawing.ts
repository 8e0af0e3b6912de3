import type { Editor, ToolState } from '../tool.ts'

/** Screen pixels around the first corner in which a click closes the polygon. */
const closeReach = 8
const leastCorners = 3

/** A polygon is open and waits for its next corner. */
export const drawing: ToolState = {
  onPointerDown(editor, { button, image }) {
    if (button !== 0) return undefined
    const { points } = editor.path
    if (points.length >= leastCorners && editor.screenDistance(points[0]!, image) <= closeReach) return close(editor)
    editor.path.add(image)
    return 'placing'
  },
  onFinish: (editor) => (editor.path.points.length >= leastCorners ? close(editor) : undefined),
  onBack(editor) {
    editor.path.removeLast()
    return editor.path.isOpen ? undefined : 'idle'
  },
  onCancel(editor) {
    editor.path.clear()
    return 'idle'
  },
}

function close(editor: Editor): string {
  editor.closePath('polygon')
  return 'idle'
}
