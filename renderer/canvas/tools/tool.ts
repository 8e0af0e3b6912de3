import type { PolygonPath } from '../polygon-path.ts'
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
  readonly dragged: Point
}

/** What a stroke does to the pixels under it: makes them object, background, or what the machine mask says. */
export type StrokeEffect = 'add' | 'subtract' | 'restore'

/** What tools may do. One stroke is open at most; nothing else writes to the masks meanwhile. */
export interface Editor {
  /** Where the last dab of the brush was; null before the first one on this image. */
  readonly lastDab: Point | null
  /** The polygon that is being drawn. */
  readonly path: PolygonPath
  /** Whether a stroke could be opened now. */
  readonly canPaint: boolean
  /** Opens a stroke; false where nothing can be painted on, or strokes wait to be saved. */
  beginStroke(tool: string, effect: StrokeEffect): boolean
  /** Paints from one place to another, both included, image pixels. */
  sweep(from: Point, to: Point): void
  /** Goes on from where the stroke ended. */
  extendStroke(to: Point): void
  /** Makes one command of the stroke. */
  commitStroke(): void
  /** Leaves no trace of it. */
  cancelStroke(): void
  /** Paints the polygon that was drawn, as one stroke, and forgets it. */
  closePath(tool: string): void
  /** Opens a stroke that takes what is connected to a place and of nearly its colour; false as `beginStroke`. */
  growRegion(tool: string, from: Point, effect: StrokeEffect): boolean
  /** Has the open region take more colours, or fewer. @param by share of the range of colours, −1…1 */
  changeTolerance(by: number): void
  /** Makes the region of one kind around a place the other kind, as one stroke. */
  fillRegion(tool: string, from: Point, effect: StrokeEffect): void
  /** Moves the view, screen pixels. */
  panBy(dx: number, dy: number): void
  /** Distance of two image positions on the screen, screen pixels. */
  screenDistance(a: Point, b: Point): number
}

type PointerHandler = (editor: Editor, pointer: CanvasPointer) => string | undefined
type Handler = (editor: Editor) => string | undefined

/** One state of a tool: each handler returns the state that follows, or undefined to stay. */
export interface ToolState {
  readonly onPointerDown?: PointerHandler
  readonly onPointerMove?: PointerHandler
  readonly onPointerUp?: PointerHandler
  /** Enter: what is being drawn is done. */
  readonly onFinish?: Handler
  /** Backspace: a step back in what is being drawn. */
  readonly onBack?: Handler
  /** Esc, lost capture, a window that lost the focus, another tool: the gesture never was. */
  readonly onCancel?: (editor: Editor) => string
}

/** How a tool shows where it works: the ring of the brush, a point, a hand. */
export type ToolCursor = 'ring' | 'point' | 'hand'

/** A tool is a state chart; its states hold no data, what is open lies in the editor. */
export interface Tool<Id extends string = string> {
  readonly id: Id
  readonly initial: string
  readonly states: Readonly<Record<string, ToolState>>
  readonly cursor: ToolCursor
  /** What a stroke would do with these keys; null: the tool paints nothing. */
  readonly effect: (keys: { readonly button: number; readonly isAlt: boolean }) => StrokeEffect | null
}
