import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AppError } from '#common/contract/errors.ts'
import { decodeState, encodeState } from '#main/training/state-bytes.ts'
import type { TrainingState } from '#main/training/training-state.ts'

const values = fc.float32Array({ maxLength: 12 })
const states: fc.Arbitrary<TrainingState> = fc.record({
  seed: fc.integer(),
  epoch: fc.nat(),
  step: fc.nat(),
  totals: fc.record({
    n: fc.nat(),
    loss: fc.double({ noNaN: true, noDefaultInfinity: true }).map((loss) => loss + 0),
    nCorrect: fc.nat(),
  }),
  weights: fc.array(
    fc.record({ name: fc.string(), data: values }).map(({ name, data }) => ({ name, shape: [data.length, 1], data })),
    { maxLength: 4 },
  ),
  means: fc.array(values, { maxLength: 4 }),
})

const example: TrainingState = {
  seed: -7,
  epoch: 2,
  step: 5,
  totals: { n: 80, loss: 12.345678901234567, nCorrect: 61 },
  weights: [
    { name: 'conv/kernel', shape: [1, 1, 2, 2], data: Float32Array.of(1, -2.5, 1e-30, 3) },
    { name: 'größe/bias', shape: [2], data: Float32Array.of(0.1, -0) },
  ],
  means: [Float32Array.of(0, 1, 2, 3), Float32Array.of(4, 5)],
}

describe('a saved training run', () => {
  it('is read as it was written, bit for bit', () => {
    fc.assert(
      fc.property(states, (state) => {
        expect(decodeState(encodeState(state))).toEqual(state)
      }),
    )
    const { weights } = decodeState(encodeState(example))
    expect(Object.is(weights[1]!.data[1], -0)).toBe(true)
  })

  it('may lie anywhere in memory, and does not hang on it', () => {
    const bytes = encodeState(example)
    const shifted = new Uint8Array(bytes.length + 3)
    shifted.set(bytes, 3)
    const state = decodeState(shifted.subarray(3))
    shifted.fill(0)
    expect(state).toEqual(example)
  })

  it('is refused where it was cut off or changed, and says so', () => {
    const bytes = encodeState(example)
    const refused = (damaged: Uint8Array): void => {
      let error: unknown
      try {
        decodeState(damaged)
      } catch (cause) {
        error = cause
      }
      expect(error).toBeInstanceOf(AppError)
      expect(error).toMatchObject({ code: 'training.state' })
    }
    for (let length = 0; length < bytes.length; length += 7) refused(bytes.subarray(0, length))
    for (let at = 0; at < bytes.length; at++) {
      const flipped = bytes.slice()
      flipped[at]! ^= 1 << (at % 8)
      refused(flipped)
    }
    refused(new TextEncoder().encode('{"weights": []}'.padEnd(200)))
  })
})
