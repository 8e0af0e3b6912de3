import type { ImageEditor } from './image-editor.ts'
import type { InputTarget, ScreenPointer } from './input.ts'
import { KeyboardCursor, type KeyInput } from './keyboard-cursor.ts'
import { Toolbox, type PointerInput, type ToolId } from './tools/toolbox.ts'
import { fitView, panView, toImage, toScreen, zoomView, type Point } from './viewport.ts'

/** The ring of the brush: where, how large (screen pixels), and what it does. */
export interface BrushCursor {
  readonly at: Point
  readonly radius: number
  readonly sign: 'add' | 'subtract'
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
    if (this.#toolbox.cursorFor(this.#held) !== 'pan') return 'none'
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

  brushCursor(): BrushCursor | null {
    const sign = this.#toolbox.cursorFor(this.#held)
    const { view, radius } = this.editor
    const at = this.#keyboard.at === null ? this.#pointer?.screen : toScreen(view, this.#keyboard.at)
    return at === undefined || sign === 'pan' ? null : { at, radius: radius * view.scale, sign }
  }

  choose(tool: ToolId): void {
    this.#toolbox.choose(tool)
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

  cancel(): boolean {
    this.#toolbox.isPanLent = false
    this.#keyboard.forgetButton()
    const wasBusy = this.#toolbox.cancel()
    this.#onChange()
    return wasBusy
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
