import type { Point } from '../viewport.ts'
import { brush } from './brush/brush.ts'
import { isAddingStroke } from './brush/sign.ts'
import { eraser } from './eraser/eraser.ts'
import { pan } from './pan/pan.ts'
import type { CanvasPointer, Editor, Tool } from './tool.ts'

const tools = { brush, eraser, pan } as const
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

/** Runs the state chart of the tool in hand, and of the pan tool while the middle button or Space lends it. */
export class Toolbox {
  readonly #editor: Editor
  #chosen: Tool<ToolId> = brush
  #running: Tool<ToolId> = brush
  #state = brush.initial
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
    return this.#state
  }

  get isBusy(): boolean {
    return this.#gesture !== null
  }

  /** What a pointer would do here, for the cursor. */
  cursorFor({ button, isAlt }: { readonly button: number; readonly isAlt: boolean }): 'add' | 'subtract' | 'pan' {
    const tool = this.isBusy ? this.#running : this.isPanLent ? pan : this.#chosen
    if (tool.id === 'pan') return 'pan'
    return isAddingStroke(tool.id === 'brush', { button, isAlt }) ? 'add' : 'subtract'
  }

  /** Takes another tool; a running gesture is dropped. */
  choose(id: ToolId): void {
    this.cancel()
    this.#run(tools[id])
    this.#chosen = tools[id]
  }

  pointerDown(input: PointerInput): void {
    if (this.#gesture !== null) return
    this.#run(this.isPanLent || input.button === 1 ? pan : this.#chosen)
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
    this.#gesture = null
    this.#run(this.#chosen)
  }

  /** Drops the gesture; returns whether there was one. */
  cancel(): boolean {
    const wasBusy = this.#gesture !== null
    if (wasBusy) this.#go(this.#stateNow.onCancel?.(this.#editor))
    this.#gesture = null
    this.#run(this.#chosen)
    return wasBusy
  }

  get #stateNow() {
    return this.#running.states[this.#state]!
  }

  #run(tool: Tool<ToolId>): void {
    this.#running = tool
    this.#state = tool.initial
  }

  #go(state: string | undefined): void {
    if (state !== undefined) this.#state = state
  }

  #pointer(input: PointerInput): CanvasPointer {
    const { button, pressed, last } = this.#gesture!
    return {
      image: input.image,
      button,
      isAlt: input.isAlt,
      isShift: input.isShift,
      moved: { x: input.screen.x - last.screen.x, y: input.screen.y - last.screen.y },
      pressedAt: pressed.image,
      dragged: Math.hypot(input.screen.x - pressed.screen.x, input.screen.y - pressed.screen.y),
    }
  }
}
