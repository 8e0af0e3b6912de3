import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { emptyBitmap } from '#common/mask/bitmap.ts'
import { encodeRle, type Rle } from '#common/mask/rle.ts'
import { compareContours, ContourWatch, type ContourComparison } from '../../../renderer/canvas/contour-comparison.ts'
import { serveCalls } from '../../../renderer/canvas/worker-calls.ts'

/** A square of an image of 200 × 100 pixels. */
function square(x0: number, side: number): Rle {
  const bitmap = emptyBitmap(200, 100)
  for (let y = 20; y < 20 + side; y++) bitmap.data.fill(1, y * 200 + x0, y * 200 + x0 + side)
  return encodeRle(bitmap)
}

/** A worker whose other side is in this process, as `serveCalls` makes it. */
class NearWorker {
  onmessage: ((event: MessageEvent) => void) | null = null
  readonly #scope = {
    onmessage: null as ((event: MessageEvent) => void) | null,
    postMessage: (data: unknown) => queueMicrotask(() => this.onmessage?.({ data } as MessageEvent)),
  }

  constructor() {
    serveCalls(this.#scope, compareContours)
  }

  postMessage(data: unknown): void {
    queueMicrotask(() => this.#scope.onmessage?.({ data } as MessageEvent))
  }

  terminate(): void {
    this.onmessage = null
  }
}

describe('the contours of a correction and its machine mask', () => {
  it('are compared in a band of 2 % of the diagonal', () => {
    const same = compareContours({ machine: square(20, 50), correction: square(20, 50) })
    expect(same).toEqual({ iou: 1, band: 4 })
    const moved = compareContours({ machine: square(20, 50), correction: square(30, 50) })
    expect(moved.iou).toBeGreaterThan(0)
    expect(moved.iou).toBeLessThan(0.5)
    const none = encodeRle(emptyBitmap(200, 100))
    expect(compareContours({ machine: none, correction: none }).iou).toBeNull()
  })
})

describe('watching the contours', () => {
  beforeEach(() => {
    vi.useFakeTimers()
    vi.stubGlobal('Worker', NearWorker)
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.unstubAllGlobals()
  })

  it('tells once nothing happened for a while, and not what is old by then', async () => {
    const told: (ContourComparison | null)[] = []
    const watch = new ContourWatch((comparison) => told.push(comparison))
    watch.changed(() => ({ machine: square(20, 50), correction: square(60, 50) }))
    await vi.advanceTimersByTimeAsync(200)
    watch.changed(() => ({ machine: square(20, 50), correction: square(20, 50) }))
    await vi.advanceTimersByTimeAsync(200)
    expect(told).toEqual([null, null])
    await vi.advanceTimersByTimeAsync(100)
    expect(told.at(-1)).toEqual({ iou: 1, band: 4 })
    watch.dispose()
  })

  it('tells nothing of an image that was left, or that no machine looked at', async () => {
    const told: (ContourComparison | null)[] = []
    const watch = new ContourWatch((comparison) => told.push(comparison))
    watch.changed(() => ({ machine: square(20, 50), correction: square(20, 50) }))
    watch.stop()
    await vi.advanceTimersByTimeAsync(1000)
    watch.changed(() => null)
    await vi.advanceTimersByTimeAsync(1000)
    expect(told.every((comparison) => comparison === null)).toBe(true)
    watch.dispose()
  })
})
