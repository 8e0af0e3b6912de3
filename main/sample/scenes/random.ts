import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { skipN } from 'pure-rand/utils/skipN'

/** The generator starts from a state with few bits set; its first numbers still show the seed. */
const warmUp = 32

/** A seeded source of choices. */
export interface Random {
  /** Uniform in low … high, high excluded. */
  between(low: number, high: number): number
  /** A whole number from low to high, both included. */
  whole(low: number, high: number): number
  /** True with this probability. */
  chance(probability: number): boolean
  pick<Value>(values: readonly Value[]): Value
  /** Bell-shaped around 0 with standard deviation 1, within ±3.5: twelve uniform numbers less their mean. */
  bell(): number
  /** A generator of its own for a part of the work: what one part draws does not move the others. */
  fork(stream: number): Random
}

/** @param seed a whole number of 32 bits, with or without sign */
export function seededRandom(seed: number): Random {
  const generator = xoroshiro128plus(seed)
  skipN(generator, warmUp)
  const next = (): number => uniformFloat64(generator)
  return {
    between: (low, high) => low + (high - low) * next(),
    whole: (low, high) => low + Math.floor((high - low + 1) * next()),
    chance: (probability) => next() < probability,
    pick: (values) => values[Math.floor(values.length * next())]!,
    bell: () => {
      let sum = -6
      for (let i = 0; i < 12; i++) sum += next()
      return sum
    },
    fork: (stream) => seededRandom(scramble(seed, stream)),
  }
}

/** A 32-bit number that depends on every bit of both (the finaliser of MurmurHash3 over their combination). */
export function scramble(a: number, b: number): number {
  let h = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b + 0x7f4a7c15, 0xc2b2ae35)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}
