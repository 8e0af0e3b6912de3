import type { Point } from '../viewport.ts'
import { brush } from './brush/brush.ts'
import { eraser } from './eraser/eraser.ts'
import { fill } from './fill/fill.ts'
import { machineBrush } from './machine-brush/machine-brush.ts'
import { pan } from './pan/pan.ts'
import { polygon } from './polygon/polygon.ts'
import type { CanvasPointer, Editor, StrokeEffect, Tool, ToolCursor } from './tool.ts'
import { wand } from './wand/wand.ts'

const tools = { brush, eraser, polygon, wand, fill, 'machine-brush': machineBrush, pan } as const
export type ToolId = keyof typeof tools

/** A pointer event without its history. */
export interface PointerInput {
  readonly image: Point
  readonly screen: Point
  readonly button: number
  readonly isAlt: boolean
  readonly isShift: boolean
}

/** A pointer that is down. */
interface Gesture {
  readonly button: number
  readonly pressed: PointerInput
  last: PointerInput
}

/**
 * Runs the state chart of the tool in hand, and of the pan tool while the middle button or Space lends it. What a tool
 * draws with several gestures stays open between them, also while the pan tool is lent.
 */
export class Toolbox {
  readonly #editor: Editor
  #chosen: Tool<ToolId> = brush
  #chosenState: string = brush.initial
  /** the pan tool in use, while another one is chosen */
  #lentState: string | null = null
  #gesture: Gesture | null = null
  /** Space is held: any drag pans. */
  isPanLent = false

  constructor(editor: Editor) {
    this.#editor = editor
  }

  get toolId(): ToolId {
    return this.#chosen.id
  }

  /** For tests and the cursor: which state the running tool is in. */
  get state(): string {
    return this.#lentState ?? this.#chosenState
  }

  /** Whether a button is down. */
  get isBusy(): boolean {
    return this.#gesture !== null
  }

  /** What a pointer would do here, for the cursor. */
  cursorFor(keys: { readonly button: number; readonly isAlt: boolean }): {
    readonly shape: ToolCursor
    readonly effect: StrokeEffect | null
  } {
    const tool = this.isBusy ? this.#running : this.isPanLent ? pan : this.#chosen
    return { shape: tool.cursor, effect: tool.effect(keys) }
  }

  /** Takes another tool; what was begun with the old one is dropped. */
  choose(id: ToolId): void {
    this.cancel()
    this.#chosen = tools[id]
    this.#chosenState = tools[id].initial
  }

  pointerDown(input: PointerInput): void {
    if (this.#gesture !== null) return
    this.#lentState = this.isPanLent || input.button === 1 ? pan.initial : null
    this.#gesture = { button: input.button, pressed: input, last: input }
    this.#go(this.#stateNow.onPointerDown?.(this.#editor, this.#pointer(input)))
  }

  /** Does nothing while no button is down. */
  pointerMove(input: PointerInput): void {
    if (this.#gesture === null) return
    this.#go(this.#stateNow.onPointerMove?.(this.#editor, this.#pointer(input)))
    this.#gesture.last = input
  }

  /** The end of a gesture; other buttons than the one that opened it are ignored. */
  pointerUp(input: PointerInput): void {
    if (this.#gesture?.button !== input.button) return
    this.#go(this.#stateNow.onPointerUp?.(this.#editor, this.#pointer(input)))
    this.#endGesture()
  }

  /** Closes what is being drawn. */
  finish(): void {
    if (!this.isBusy) this.#go(this.#stateNow.onFinish?.(this.#editor))
  }

  /** Takes a step back in what is being drawn. */
  back(): void {
    if (!this.isBusy) this.#go(this.#stateNow.onBack?.(this.#editor))
  }

  /** Drops the gesture, not what was drawn before it; returns whether there was one. */
  interrupt(): boolean {
    if (!this.isBusy) return false
    this.#go(this.#stateNow.onCancel?.(this.#editor))
    this.#endGesture()
    return true
  }

  /** Drops the gesture and all that is being drawn; returns whether there was anything. */
  cancel(): boolean {
    const wasBusy = this.interrupt()
    const isDrawing = this.#chosenState !== this.#chosen.initial
    if (isDrawing) this.#go(this.#stateNow.onCancel?.(this.#editor))
    return wasBusy || isDrawing
  }

  get #running(): Tool<ToolId> {
    return this.#lentState === null ? this.#chosen : pan
  }

  get #stateNow() {
    return this.#running.states[this.state]!
  }

  #endGesture(): void {
    this.#gesture = null
    this.#lentState = null
  }

  #go(state: string | undefined): void {
    if (state === undefined) return
    if (this.#lentState === null) this.#chosenState = state
    else this.#lentState = state
  }

  #pointer(input: PointerInput): CanvasPointer {
    const { button, pressed, last } = this.#gesture!
    const from = ({ screen }: PointerInput): Point => ({ x: input.screen.x - screen.x, y: input.screen.y - screen.y })
    return {
      image: input.image,
      button,
      isAlt: input.isAlt,
      isShift: input.isShift,
      moved: from(last),
      pressedAt: pressed.image,
      dragged: from(pressed),
    }
  }
}
