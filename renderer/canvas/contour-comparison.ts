import { boundaryIou, boundaryWidth } from '#common/mask/boundary-iou.ts'
import type { Rle } from '#common/mask/rle.ts'
import { WorkerCalls } from './worker-calls.ts'

/** How the contour of a correction lies on that of its machine mask. */
export interface ContourComparison {
  /** Boundary IoU, 0…1; null where both masks are empty */
  readonly iou: number | null
  /** of the band along each contour, pixels of the photo */
  readonly band: number
}

export interface ContourRequest {
  readonly machine: Rle
  readonly correction: Rle
}

/** The authors' share of the diagonal (Cheng et al., CVPR 2021) */
const bandRatio = 0.02

export function compareContours({ machine, correction }: ContourRequest): ContourComparison {
  const { width, height } = machine
  return { iou: boundaryIou(machine, correction, bandRatio), band: boundaryWidth(width, height, bandRatio) }
}

const restMs = 250

/** Compares contours in a worker, some time after the last stroke: bands of a photo of 12 megapixels take a while. */
export class ContourWatch {
  readonly #calls = new WorkerCalls<ContourRequest, ContourComparison>(
    () => new Worker(new URL('./contour-comparison.worker.ts', import.meta.url), { type: 'module' }),
    compareContours,
  )
  readonly #tell: (comparison: ContourComparison | null) => void
  #timer: ReturnType<typeof setTimeout> | undefined
  #nAsked = 0

  /** @param tell is told null while what it was told does not hold any more */
  constructor(tell: (comparison: ContourComparison | null) => void) {
    this.#tell = tell
  }

  /** The masks are other ones. @param read gives them once nothing happened for a while; null: there is no machine mask */
  changed(read: () => ContourRequest | null): void {
    this.stop()
    const mine = this.#nAsked
    this.#timer = setTimeout(() => {
      const request = read()
      if (request === null) return
      void this.#calls.call(request).then((comparison) => {
        if (mine === this.#nAsked) this.#tell(comparison)
      })
    }, restMs)
  }

  /** The image is left: what is under way is not told. */
  stop(): void {
    this.#nAsked++
    clearTimeout(this.#timer)
    this.#tell(null)
  }

  dispose(): void {
    clearTimeout(this.#timer)
    this.#calls.dispose()
  }
}
