import { mersenne } from 'pure-rand/generator/mersenne'

/** The part of NumPy's `RandomState` that explainers draw from; the same stream for the same seed. */
export interface RandomState {
  /** A whole number from 0 to n − 1, as `randint(0, n)`. @param n 1 to 2³² */
  below(n: number): number
  /** 0 or 1, as `randint(0, 2)`. */
  bit(): 0 | 1
  /** Uniform in [0, 1), of 53 bits, as `random_sample()`. */
  uniform(): number
}

/**
 * NumPy's legacy generator: MT19937, whole numbers by masked rejection of 32-bit outputs.
 * @param seed whole number from 0 to 2³² − 1
 * @see https://github.com/numpy/numpy/blob/v1.26.4/numpy/random/src/distributions/distributions.c
 */
export function randomState(seed: number): RandomState {
  const generator = mersenne(seed)
  const word = (): number => generator.next() >>> 0
  return {
    below: (n) => {
      if (n === 1) return 0 // NumPy draws nothing here
      const mask = 2 ** (32 - Math.clz32(n - 1)) - 1
      for (;;) {
        const value = (word() & mask) >>> 0
        if (value < n) return value
      }
    },
    bit: () => (generator.next() & 1) as 0 | 1,
    uniform: () => {
      const high = word() >>> 5
      return (high * 2 ** 26 + (word() >>> 6)) / 2 ** 53
    },
  }
}
