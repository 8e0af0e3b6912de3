import type { CanvasImage } from './canvas-image.ts'
import { gridMaps } from './live-scores.ts'
import { firstInstance, machineBitmap } from './mask-document.ts'

/** Computes what opening an image needs and what is remembered, when nothing else is to be done. */
export function computeAhead(image: CanvasImage): void {
  const machine = firstInstance(image.instances)?.machine ?? null
  // each by itself, so that no stroke waits long
  whenIdle(() => gridMaps(image, image.maps))
  if (machine !== null) whenIdle(() => machineBitmap(machine))
}

function whenIdle(compute: () => unknown): void {
  requestIdleCallback(() => {
    try {
      compute()
    } catch {
      // who opens the image hears of it
    }
  })
}
