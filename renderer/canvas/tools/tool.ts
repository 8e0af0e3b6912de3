import type { Point } from '../viewport.ts'

/** A pointer as tools see it. */
export interface CanvasPointer {
  /** image pixels, fractions included; may lie outside the image */
  readonly image: Point
  /** 0 left, 1 middle, 2 right: the one that opened the gesture */
  readonly button: number
  readonly isAlt: boolean
  readonly isShift: boolean
  /** screen pixels since the last event of this gesture */
  readonly moved: Point
  /** where the button went down, image pixels */
  readonly pressedAt: Point
  /** screen pixels from there */
  readonly dragged: number
}

/** What tools may do. One stroke is open at most; nothing else writes to the masks meanwhile. */
export interface Editor {
  /** Where the last dab of the brush was; null before the first one on this image. */
  readonly lastDab: Point | null
  /** Opens a stroke; false where nothing can be painted on, or strokes wait to be saved. */
  beginStroke(tool: string, isAdding: boolean): boolean
  /** Paints from one place to another, both included, image pixels. */
  sweep(from: Point, to: Point): void
  /** Goes on from where the stroke ended. */
  extendStroke(to: Point): void
  /** Makes one command of the stroke. */
  commitStroke(): void
  /** Leaves no trace of it. */
  cancelStroke(): void
  /** Moves the view, screen pixels. */
  panBy(dx: number, dy: number): void
}

type Handler = (editor: Editor, pointer: CanvasPointer) => string | undefined

/** One state of a tool: each handler returns the state that follows, or undefined to stay. */
export interface ToolState {
  readonly onPointerDown?: Handler
  readonly onPointerMove?: Handler
  readonly onPointerUp?: Handler
  /** Esc, lost capture, a window that lost the focus, another tool: the gesture never was. */
  readonly onCancel?: (editor: Editor) => string
}

/** A tool is a state chart; its states hold no data, what is open lies in the editor. */
export interface Tool<Id extends string = string> {
  readonly id: Id
  readonly initial: string
  readonly states: Readonly<Record<string, ToolState>>
}
