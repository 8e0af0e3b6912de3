import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator'
import { skipN } from 'pure-rand/utils/skipN'

/** The generator starts from a state with few bits set; its first numbers still show the seed. */
const warmUp = 32

/**
 * A random generator for one purpose: the same numbers for the same seed and place, whatever was drawn before. So a run
 * that is resumed in the middle draws what it would have drawn.
 * @param seed whole number
 * @param place what tells this purpose from others, e.g. epoch, step, layer: whole numbers
 */
export function generatorFor(seed: number, ...place: readonly number[]): RandomGenerator {
  const random = xoroshiro128plus(place.reduce(mix, mix(0, seed)))
  skipN(random, warmUp)
  return random
}

/** Uniform in [0, 1), of 32 bits. */
export function uniform(random: RandomGenerator): number {
  return (random.next() >>> 0) / 2 ** 32
}

/**
 * The order in which an epoch goes through its images: a permutation of 0 … n − 1, another one each epoch.
 * @param options.seed whole number
 * @see Fisher–Yates: Knuth, The Art of Computer Programming 2, 3.4.2, algorithm P
 */
export function epochOrder(n: number, { seed, epoch }: { seed: number; epoch: number }): Uint32Array {
  const random = generatorFor(seed, epoch)
  const order = Uint32Array.from({ length: n }, (_, i) => i)
  for (let last = n - 1; last > 0; last--) {
    const other = Math.floor(uniform(random) * (last + 1))
    const moved = order[last]!
    order[last] = order[other]!
    order[other] = moved
  }
  return order
}

/** Every bit of both numbers reaches every bit of the result. @see fmix32 of MurmurHash3 (Appleby, 2011) */
function mix(state: number, value: number): number {
  let h = (state + 0x9e3779b9) ^ value
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
