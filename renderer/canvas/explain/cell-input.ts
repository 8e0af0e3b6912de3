import { onWheel, placeOn, type InputTarget } from '../input.ts'
import type { Point } from '../viewport.ts'

interface CellTarget extends Pick<InputTarget, 'zoomBy' | 'panBy'> {
  /** where the pointer is on the cell, screen pixels; null: it left */
  point(at: Point | null): void
}

/**
 * Zooms by wheel, pans by dragging with any button, and tells where the pointer is.
 * @returns stops listening
 */
export function listenToCell(host: HTMLElement, target: CellTarget): () => void {
  const listening = new AbortController()
  const { signal } = listening
  let held: { readonly id: number; at: Point } | null = null

  host.addEventListener('wheel', (event) => onWheel(host, target, event), { signal, passive: false })
  host.addEventListener(
    'pointerdown',
    (event) => {
      if (held !== null) return
      held = { id: event.pointerId, at: placeOn(host, event) }
      host.setPointerCapture(event.pointerId)
      // no autoscroll of the middle button
      if (event.button === 1) event.preventDefault()
    },
    { signal },
  )
  host.addEventListener(
    'pointermove',
    (event) => {
      const at = placeOn(host, event)
      if (held?.id === event.pointerId) {
        target.panBy(at.x - held.at.x, at.y - held.at.y)
        held.at = at
      }
      target.point(at)
    },
    { signal },
  )
  for (const type of ['pointerup', 'pointercancel', 'lostpointercapture'] as const) {
    host.addEventListener(type, ({ pointerId }) => held?.id === pointerId && (held = null), { signal })
  }
  host.addEventListener('pointerleave', () => target.point(null), { signal })
  return () => listening.abort()
}
