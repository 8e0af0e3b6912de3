import type { ImageEditor } from './image-editor.ts'
import type { InputTarget, ScreenPointer } from './input.ts'
import { KeyboardCursor, type KeyInput } from './keyboard-cursor.ts'
import type { StrokeEffect } from './tools/tool.ts'
import { Toolbox, type PointerInput, type ToolId } from './tools/toolbox.ts'
import { fitView, panView, toImage, toScreen, zoomView, type Point } from './viewport.ts'

/** What is drawn for the tool in hand, screen pixels. */
export interface CanvasCursor {
  /** null: the pointer is not on the canvas */
  readonly at: Point | null
  /** of the brush's ring; null: the tool works at a point */
  readonly radius: number | null
  readonly effect: StrokeEffect
  /** corners of the polygon that is being drawn */
  readonly path: readonly Point[]
  /** a number that changes while the pointer moves */
  readonly label: string | null
}

/** An image that is open on the canvas: what pointer and keys do to it. No DOM in here. */
export class CanvasSession implements InputTarget {
  readonly editor: ImageEditor
  readonly #toolbox: Toolbox
  readonly #keyboard: KeyboardCursor
  readonly #onChange: () => void
  #pointer: ScreenPointer | null = null
  #isAlt = false

  /** @param onChange is called when the cursor has to be drawn anew */
  constructor(editor: ImageEditor, tool: ToolId, onChange: () => void) {
    this.editor = editor
    this.#onChange = onChange
    this.#toolbox = new Toolbox(editor)
    this.#toolbox.choose(tool)
    const target = {
      pointerDown: (input: PointerInput) => this.#toolbox.pointerDown(input),
      pointerMove: (input: PointerInput) => this.#toolbox.pointerMove(input),
      pointerUp: (input: PointerInput) => this.#toolbox.pointerUp(input),
      reveal: (image: Point) => editor.reveal(image),
      nextInstance: () => editor.nextInstance(),
    }
    this.#keyboard = new KeyboardCursor(target, editor.image)
  }

  get isBusy(): boolean {
    return this.#toolbox.isBusy
  }

  /** The CSS cursor that goes with the tool. */
  get cssCursor(): string {
    const { shape } = this.#toolbox.cursorFor(this.#held)
    if (shape !== 'hand') return shape === 'ring' ? 'none' : 'crosshair'
    return this.#toolbox.isBusy ? 'grabbing' : 'grab'
  }

  /** The pixel under the cursor; null where there is none. */
  get pixel(): Point | null {
    const at = this.#keyboard.at ?? (this.#pointer === null ? null : toImage(this.editor.view, this.#pointer.screen))
    if (at === null) return null
    const [x, y] = [Math.floor(at.x), Math.floor(at.y)]
    const { width, height } = this.editor.image
    return x >= 0 && y >= 0 && x < width && y < height ? { x, y } : null
  }

  /** What is drawn for the tool; null: nothing, as for the hand. */
  cursor(): CanvasCursor | null {
    const { shape, effect } = this.#toolbox.cursorFor(this.#held)
    const { view, radius, path, tolerance } = this.editor
    const at = this.#keyboard.at === null ? (this.#pointer?.screen ?? null) : toScreen(view, this.#keyboard.at)
    const corners = path.points.map((point) => toScreen(view, point))
    if (effect === null || (at === null && corners.length === 0)) return null
    return {
      at,
      radius: shape === 'ring' ? radius * view.scale : null,
      effect: path.isOpen ? (path.isAdding ? 'add' : 'subtract') : effect,
      path: corners,
      label: tolerance === null ? null : String(tolerance),
    }
  }

  choose(tool: ToolId): void {
    this.cancel()
    this.#toolbox.choose(tool)
    this.#onChange()
  }

  /** Closes what is being drawn, or applies what is shown as a preview. */
  finish(): void {
    if (this.editor.preview.open !== null) this.editor.preview.apply()
    else this.#toolbox.finish()
    this.#onChange()
  }

  /** A step back: in what is being drawn, out of a preview, or the newest stroke. */
  back(): void {
    if (this.editor.path.isOpen) this.#toolbox.back()
    else if (!this.editor.preview.drop()) this.editor.undo()
    this.#onChange()
  }

  down(pointer: ScreenPointer): void {
    this.#pointer = pointer
    this.#isAlt = pointer.isAlt
    if (this.#keyboard.isOn) this.#toggleKeyboard()
    this.#toolbox.pointerDown(this.#onImage(pointer))
    this.#onChange()
  }

  move(pointers: readonly ScreenPointer[]): void {
    this.#pointer = pointers.at(-1) ?? this.#pointer
    this.#isAlt = this.#pointer?.isAlt ?? false
    // a cursor that is moved by keys does not jump when the desk shakes
    if (!this.#keyboard.isOn) for (const pointer of pointers) this.#toolbox.pointerMove(this.#onImage(pointer))
    this.#onChange()
  }

  up(pointer: ScreenPointer): void {
    this.#toolbox.pointerUp(this.#onImage(pointer))
    this.#onChange()
  }

  leave(): void {
    this.#pointer = null
    this.#onChange()
  }

  interrupt(): void {
    this.#toolbox.isPanLent = false
    this.#keyboard.forgetButton()
    this.#toolbox.interrupt()
    this.#onChange()
  }

  /** Drops what is running: the gesture, what is being drawn, what is shown as a preview. Returns whether anything was. */
  cancel(): boolean {
    this.#toolbox.isPanLent = false
    this.#keyboard.forgetButton()
    const wasDrawing = this.#toolbox.cancel()
    const wasPreview = this.editor.preview.drop()
    // a wand whose colours never came
    const wasOpen = this.editor.document.isStrokeOpen
    if (wasOpen) this.editor.cancelStroke()
    this.#onChange()
    return wasDrawing || wasPreview || wasOpen
  }

  zoomBy(factor: number, at: Point): void {
    this.zoomTo(this.editor.view.scale * factor, at)
  }

  /** @param scale screen pixels a photo pixel @param at stays where it is, screen pixels; default the middle */
  zoomTo(scale: number, at?: Point): void {
    const { view, image } = this.editor
    this.editor.view = zoomView(view, scale, at ?? { x: view.width / 2, y: view.height / 2 }, image)
  }

  fit(): void {
    this.editor.view = fitView(this.editor.view, this.editor.image)
  }

  panBy(dx: number, dy: number): void {
    this.editor.view = panView(this.editor.view, dx, dy, this.editor.image)
  }

  doubleClick(): void {
    if (this.#toolbox.toolId === 'pan') this.fit()
  }

  keyDown(key: KeyInput): boolean {
    if (key.key === 'Escape') return this.#escape()
    if (key.key.toLowerCase() === 'q' && !key.isCtrl && !key.isAlt && !key.isShift && !key.isRepeat) {
      this.#toggleKeyboard()
      return true
    }
    if (this.#keyboard.keyDown(key)) {
      this.#onChange()
      return true
    }
    if (key.key !== ' ' || key.isCtrl || key.isAlt) return false
    this.#toolbox.isPanLent = true
    this.#onChange()
    return true
  }

  keyUp(key: KeyInput): boolean {
    const isTaken = this.#keyboard.keyUp(key)
    if (key.key === ' ') this.#toolbox.isPanLent = false
    this.#onChange()
    return isTaken
  }

  setAlt(isAlt: boolean): void {
    this.#isAlt = isAlt
    this.#onChange()
  }

  get #held(): { readonly button: number; readonly isAlt: boolean } {
    return { button: this.#toolbox.isBusy ? (this.#pointer?.button ?? 0) : 0, isAlt: this.#isAlt }
  }

  /** What is running first, then the keyboard mode. */
  #escape(): boolean {
    if (this.cancel()) return true
    if (!this.#keyboard.isOn) return false
    this.#toggleKeyboard()
    return true
  }

  #toggleKeyboard(): void {
    const { view } = this.editor
    const start = this.#pointer?.screen ?? { x: view.width / 2, y: view.height / 2 }
    this.#keyboard.toggle(toImage(view, start))
    this.#onChange()
  }

  #onImage(pointer: ScreenPointer): PointerInput {
    return { ...pointer, image: toImage(this.editor.view, pointer.screen) }
  }
}
