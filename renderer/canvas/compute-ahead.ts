import type { CanvasImage } from './canvas-image.ts'
import { gridMaps } from './live-scores.ts'
import { firstInstance, machineBitmap, type MaskDocument } from './mask-document.ts'

/** Computes what opening an image needs and what is remembered, when nothing else is to be done. */
export function computeAhead(image: CanvasImage): void {
  const machine = firstInstance(image.instances)?.machine ?? null
  // each by itself, so that no stroke waits long
  whenIdle(() => gridMaps(image, image.maps))
  if (machine !== null) whenIdle(() => machineBitmap(machine))
}

/** Makes an image ready to be painted on, when nothing else is to be done. */
export function makeReadyAhead(document: MaskDocument): void {
  whenIdle(() => document.makeReady())
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
