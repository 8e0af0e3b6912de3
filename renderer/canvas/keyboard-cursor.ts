import type { GridSize } from '#common/mask/rectangle.ts'
import type { PointerInput } from './tools/toolbox.ts'
import type { Point } from './viewport.ts'

/** A key as the cursor needs it, after KeyboardEvent. */
export interface KeyInput {
  readonly key: string
  readonly isShift: boolean
  readonly isCtrl: boolean
  readonly isAlt: boolean
  readonly isRepeat: boolean
}

/** Where the cursor's gestures go: the toolbox, by way of the view. */
export interface CursorTarget {
  pointerDown(input: PointerInput): void
  pointerMove(input: PointerInput): void
  pointerUp(input: PointerInput): void
  /** Screen position of an image position, after bringing it into sight. */
  reveal(image: Point): Point
  nextInstance(): void
}

const directions: Readonly<Record<string, Point>> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
}

/**
 * The canvas without a pointer: arrows move a cursor by 1 image pixel (Shift 10, Ctrl 50), Space is its button, so that
 * a tap dabs and arrows while it is held draw; Tab takes the next object. The tools see an ordinary pointer.
 */
export class KeyboardCursor {
  readonly #target: CursorTarget
  readonly #size: GridSize
  #at: Point | null = null
  #isDown = false

  /** @param size of the image; the cursor stays on it */
  constructor(target: CursorTarget, size: GridSize) {
    this.#target = target
    this.#size = size
  }

  /** Middle of the pixel that the cursor is on, image pixels; null while the mode is off. */
  get at(): Point | null {
    return this.#at
  }

  get isOn(): boolean {
    return this.#at !== null
  }

  /** Begins in the pixel at `start`; a running stroke of the cursor ends when the mode does. */
  toggle(start: Point): void {
    if (this.#at === null) this.#at = this.#inside(start)
    else {
      this.#release({ isAlt: false, isShift: false })
      this.#at = null
    }
  }

  /** Esc and the like: the gesture was dropped elsewhere. */
  forgetButton(): void {
    this.#isDown = false
  }

  /** @returns whether the key was one of the cursor's */
  keyDown(input: KeyInput): boolean {
    if (this.#at === null) return false
    const step = directions[input.key]
    if (step !== undefined) this.#move(step, input)
    else if (input.key === ' ') this.#press(input)
    else if (input.key === 'Tab' && !input.isShift && !input.isCtrl && !input.isAlt) this.#target.nextInstance()
    else return false
    return true
  }

  keyUp(input: KeyInput): boolean {
    if (this.#at === null || input.key !== ' ') return false
    this.#release(input)
    return true
  }

  #move(step: Point, { isShift, isCtrl, isAlt }: KeyInput): void {
    const far = isCtrl ? 50 : isShift ? 10 : 1
    this.#at = this.#inside({ x: this.#at!.x + step.x * far, y: this.#at!.y + step.y * far })
    // Shift only makes the step longer here
    this.#target.pointerMove(this.#pointer({ isAlt, isShift: false }))
  }

  #press({ isAlt, isShift, isRepeat }: KeyInput): void {
    if (isRepeat || this.#isDown) return
    this.#isDown = true
    this.#target.pointerDown(this.#pointer({ isAlt, isShift }))
  }

  #release(keys: { readonly isAlt: boolean; readonly isShift: boolean }): void {
    if (!this.#isDown) return
    this.#isDown = false
    this.#target.pointerUp(this.#pointer(keys))
  }

  #pointer({ isAlt, isShift }: { readonly isAlt: boolean; readonly isShift: boolean }): PointerInput {
    const image = this.#at!
    return { image, screen: this.#target.reveal(image), button: 0, isAlt, isShift }
  }

  #inside({ x, y }: Point): Point {
    const middle = (at: number, length: number): number => Math.min(Math.max(Math.floor(at), 0), length - 1) + 0.5
    return { x: middle(x, this.#size.width), y: middle(y, this.#size.height) }
  }
}
