import { expect } from 'vitest'
import { AppError } from '#common/contract/errors.ts'

/** The same bytes, damaged in many ways: cut at many places, one byte flipped or set at many places. Deterministic. */
function* damaged(bytes: Uint8Array, count: number): Generator<Uint8Array> {
  let state = bytes.length
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  for (let i = 0; i < count; i++) yield bytes.subarray(0, Math.floor((i * bytes.length) / count))
  for (let i = 0; i < count * 2; i++) {
    const changed = Uint8Array.from(bytes)
    // half of them in the header, where sizes and offsets are
    const at = random(i % 2 === 0 ? Math.min(64, bytes.length) : bytes.length)
    changed[at] = i % 3 === 0 ? 255 : changed[at]! ^ (1 << random(8))
    yield changed
  }
}

/**
 * Runs a reader over damaged bytes: it may succeed or end with an AppError, nothing else, each within two seconds.
 */
export async function expectOnlyAppErrors(
  bytes: Uint8Array,
  read: (bytes: Uint8Array) => Promise<void>,
  count = 40,
): Promise<void> {
  for (const variant of damaged(bytes, count)) {
    const start = performance.now()
    try {
      await read(variant)
    } catch (error) {
      if (!(error instanceof AppError)) throw error
    }
    expect(performance.now() - start).toBeLessThan(2000)
  }
}
