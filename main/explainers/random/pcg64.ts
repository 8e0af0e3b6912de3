import { seedState } from './seed-sequence.ts'

const word = 2 ** 32

/** The multiplier in words of 32 bits, the lowest first. */
const b0 = 0x9fccf645
const b1 = 0x4385df64
const b2 = 0x1fc65da4
const b3 = 0x2360ed05

/**
 * NumPy's default generator, PCG64 (a 128-bit congruential generator, output XSL-RR): the same stream of 64-bit numbers
 * as `default_rng(seed)`. Words of 32 bits, as a bigint a number would cost more than all that is done with it.
 * @see O’Neill, “PCG: A Family of Simple Fast Space-Efficient Statistically Good Algorithms for Random Number
 * Generation”, 2014
 */
export class Pcg64 {
  /** the number that `next` drew last: its upper and lower 32 bits */
  high = 0
  low = 0
  readonly #state = new Uint32Array(4)
  readonly #increment = new Uint32Array(4)

  /** @param seed whole number from 0 to 2³² − 1 */
  constructor(seed: number) {
    // 64-bit numbers, the more significant first, each as its lower and its upper word
    const [s2, s3, s0, s1, i2, i3, i0, i1] = [...seedState(seed, 8)] as EightWords
    this.#increment.set([(i0 << 1) | 1, (i1 << 1) | (i0 >>> 31), (i2 << 1) | (i1 >>> 31), (i3 << 1) | (i2 >>> 31)])
    this.#step()
    this.#add(Uint32Array.of(s0, s1, s2, s3))
    this.#step()
  }

  /** Draws the next number into `high` and `low`. */
  next(): void {
    this.#step()
    const state = this.#state
    const high = state[3]! ^ state[1]!
    const low = state[2]! ^ state[0]!
    const turn = state[3]! >>> 26
    const upper = turn < 32 ? high : low
    const lower = turn < 32 ? low : high
    const rest = turn & 31
    this.high = (rest === 0 ? upper : (upper >>> rest) | (lower << (32 - rest))) >>> 0
    this.low = (rest === 0 ? lower : (lower >>> rest) | (upper << (32 - rest))) >>> 0
  }

  /** Uniform in [0, 1), of 53 bits. */
  uniform(): number {
    this.next()
    return (this.high * 2 ** 21 + (this.low >>> 11)) / 2 ** 53
  }

  /** state · multiplier + increment, modulo 2¹²⁸: column by column, a column's sum is below 2⁵³ */
  #step(): void {
    const state = this.#state
    const increment = this.#increment
    // by index: taking a typed array apart by pattern goes through its iterator
    const a0 = state[0]!
    const a1 = state[1]!
    const a2 = state[2]!
    const a3 = state[3]!
    const column0 = lowerHalf(a0, b0) + increment[0]!
    const column1 =
      Math.floor(column0 / word) + upperHalf(a0, b0) + lowerHalf(a0, b1) + lowerHalf(a1, b0) + increment[1]!
    const column2 =
      Math.floor(column1 / word) +
      (upperHalf(a0, b1) + upperHalf(a1, b0)) +
      (lowerHalf(a0, b2) + lowerHalf(a1, b1) + lowerHalf(a2, b0) + increment[2]!)
    const column3 =
      Math.floor(column2 / word) +
      (upperHalf(a0, b2) + upperHalf(a1, b1) + upperHalf(a2, b0)) +
      (Math.imul(a0, b3) + Math.imul(a1, b2) + Math.imul(a2, b1) + Math.imul(a3, b0) + increment[3]!)
    state[0] = column0
    state[1] = column1
    state[2] = column2
    state[3] = column3
  }

  #add(words: Uint32Array): void {
    let carry = 0
    for (let i = 0; i < 4; i++) {
      const sum = this.#state[i]! + words[i]! + carry
      this.#state[i] = sum
      carry = sum >= word ? 1 : 0
    }
  }
}

type EightWords = [number, number, number, number, number, number, number, number]

/** Lower 32 bits of the product of two 32-bit numbers. */
function lowerHalf(a: number, b: number): number {
  return Math.imul(a, b) >>> 0
}

/** Upper 32 bits: the float64 product is off by less than 2¹¹, which the rounding takes away. */
function upperHalf(a: number, b: number): number {
  return Math.floor((a * b - (Math.imul(a, b) >>> 0)) / word + 0.5)
}
