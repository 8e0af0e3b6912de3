import type { GridSize } from '#common/mask/rectangle.ts'
import { canvasColours } from './colours.ts'

interface SurfaceHooks {
  /** The surface has another size, or the screen other pixels; it is drawn right after. */
  resized(): void
  /** Draws what changed. */
  draw(): void
}

/** The element that the canvas lies in: how large it is, and when it is drawn. */
export class CanvasSurface {
  readonly element = document.createElement('div')
  readonly #host: HTMLElement
  readonly #hooks: SurfaceHooks
  readonly #resizing = new ResizeObserver(() => this.resize())
  #frame = 0

  /** @param host has a size and a position (not `static`); it gets the focus when it is clicked */
  constructor(host: HTMLElement, hooks: SurfaceHooks) {
    this.#host = host
    this.#hooks = hooks
    const style = { position: 'absolute', inset: '0', overflow: 'hidden', touchAction: 'none' }
    Object.assign(this.element.style, style, { background: canvasColours.surround })
    host.append(this.element)
    if (host.tabIndex < 0) host.tabIndex = 0
    this.#resizing.observe(host)
  }

  /** CSS pixels; a surface that is not shown has one. */
  get size(): GridSize {
    return { width: Math.max(this.#host.clientWidth, 1), height: Math.max(this.#host.clientHeight, 1) }
  }

  /** CSS cursor over it. */
  set cursor(name: string) {
    this.element.style.cursor = name
  }

  /** Has it drawn with the next frame. */
  schedule(): void {
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#draw())
  }

  /** Takes the size as it is now. What lies on it is empty then, so it is drawn in the same frame. */
  resize(): void {
    this.#hooks.resized()
    this.#draw()
  }

  dispose(): void {
    cancelAnimationFrame(this.#frame)
    this.#resizing.disconnect()
    this.element.remove()
  }

  #draw(): void {
    cancelAnimationFrame(this.#frame)
    this.#frame = 0
    this.#hooks.draw()
  }
}
