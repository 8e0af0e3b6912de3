import type { KeyInput } from './keyboard-cursor.ts'
import type { Point } from './viewport.ts'

/** Where a pointer is on the canvas, screen pixels, and what is held with it. */
export interface ScreenPointer {
  readonly screen: Point
  readonly button: number
  readonly isAlt: boolean
  readonly isShift: boolean
}

/** What the canvas does with what comes in. */
export interface InputTarget {
  down(pointer: ScreenPointer): void
  /** positions since the last call, the newest last */
  move(pointers: readonly ScreenPointer[]): void
  up(pointer: ScreenPointer): void
  leave(): void
  /** Drops the gesture that is running, and nothing that was begun before it. */
  interrupt(): void
  zoomBy(factor: number, at: Point): void
  panBy(dx: number, dy: number): void
  doubleClick(): void
  /** returns whether the key was taken */
  keyDown(key: KeyInput): boolean
  keyUp(key: KeyInput): boolean
  setAlt(isAlt: boolean): void
}

const notch = 1.2
const pixelsPerNotch = 100
const pixelsPerLine = 33

/**
 * Turns the DOM's events on the canvas into calls: pointer capture, coalesced positions, wheel and trackpad. Wheel with
 * Shift or Alt is left to the view (brush size, opacity).
 * @returns stops listening
 */
export function listenOn(host: HTMLElement, target: InputTarget): () => void {
  const listening = new AbortController()
  const { signal } = listening
  listenToPointer(host, target, signal)
  listenToKeys(host, target, signal)
  host.addEventListener('wheel', (event) => onWheel(host, target, event), { signal, passive: false })
  host.addEventListener('dblclick', () => target.doubleClick(), { signal })
  window.addEventListener('blur', () => target.interrupt(), { signal })
  return () => listening.abort()
}

type PointerEventName =
  'pointerdown' | 'pointermove' | 'pointerup' | 'pointercancel' | 'lostpointercapture' | 'pointerleave'

function listenToPointer(host: HTMLElement, target: InputTarget, signal: AbortSignal): void {
  /** the pointer whose button opened the gesture; the DOM tells of further buttons as moves */
  let held: { readonly id: number; readonly button: number } | null = null
  const read = (event: PointerEvent): ScreenPointer => ({
    screen: placeOn(host, event),
    button: held?.button ?? Math.max(event.button, 0),
    isAlt: event.altKey,
    isShift: event.shiftKey,
  })
  const on = (type: PointerEventName, listener: (event: PointerEvent) => void): void =>
    host.addEventListener(type, listener, { signal })

  on('pointerdown', (event) => {
    if (held !== null) return
    host.focus({ preventScroll: true })
    host.setPointerCapture(event.pointerId)
    held = { id: event.pointerId, button: event.button }
    target.down(read(event))
    // no text selection and no autoscroll of the middle button
    event.preventDefault()
  })
  on('pointermove', (event) => {
    if (held !== null && held.id !== event.pointerId) return
    const coalesced = held === null ? [] : event.getCoalescedEvents()
    target.move((coalesced.length > 0 ? coalesced : [event]).map(read))
  })
  on('pointerup', (event) => {
    if (held?.id !== event.pointerId) return
    target.up(read(event))
    held = null
  })
  for (const type of ['pointercancel', 'lostpointercapture'] as const) {
    on(type, (event) => {
      if (held?.id !== event.pointerId) return
      held = null
      target.interrupt()
    })
  }
  on('pointerleave', () => {
    if (held === null) target.leave()
  })
  host.addEventListener('contextmenu', (event) => event.preventDefault(), { signal })
}

function listenToKeys(host: HTMLElement, target: InputTarget, signal: AbortSignal): void {
  const isOurs = ({ target: at }: KeyboardEvent): boolean =>
    at === document.body || (at instanceof Node && host.contains(at))
  const listen = (type: 'keydown' | 'keyup', handle: (key: KeyInput) => boolean): void => {
    window.addEventListener(
      type,
      (event) => {
        if (!isOurs(event) || event.isComposing) return
        if (event.key === 'Alt') {
          target.setAlt(type === 'keydown')
          // Alt alone would open the window's menu
          event.preventDefault()
        }
        const key = {
          key: event.key,
          isShift: event.shiftKey,
          isCtrl: event.ctrlKey || event.metaKey,
          isAlt: event.altKey,
          isRepeat: event.repeat,
        }
        if (!handle(key)) return
        event.preventDefault()
        event.stopPropagation()
      },
      // before the shortcuts of the view, which would move to the next image on an arrow
      { signal, capture: true },
    )
  }
  listen('keydown', (key) => target.keyDown(key))
  listen('keyup', (key) => target.keyUp(key))
}

/** Zooms or pans by a wheel, a trackpad or a pinch; with Shift or Alt the wheel is the view's. */
export function onWheel(host: HTMLElement, target: Pick<InputTarget, 'zoomBy' | 'panBy'>, event: WheelEvent): void {
  if (event.shiftKey || event.altKey) return
  event.preventDefault()
  const isPixels = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL
  const isTrackpad = isPixels && (event.deltaX !== 0 || !Number.isInteger(event.deltaY))
  if (isTrackpad && !event.ctrlKey) {
    target.panBy(-event.deltaX, -event.deltaY)
    return
  }
  const pixels = event.deltaY * (isPixels ? 1 : pixelsPerLine)
  // a pinch comes as Ctrl and small steps
  const notches = event.ctrlKey && Math.abs(pixels) < pixelsPerNotch / 2 ? pixels / 20 : pixels / pixelsPerNotch
  target.zoomBy(notch ** -Math.min(Math.max(notches, -4), 4), placeOn(host, event))
}

/** Where on an element an event is, CSS pixels. */
export function placeOn(host: HTMLElement, { clientX, clientY }: MouseEvent): Point {
  const { left, top } = host.getBoundingClientRect()
  return { x: clientX - left, y: clientY - top }
}
