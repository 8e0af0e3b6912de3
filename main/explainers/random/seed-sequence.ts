const nPoolWords = 4

/**
 * NumPy's `SeedSequence(seed).generate_state(n)`: spreads a small seed over many bits.
 * @param seed whole number from 0 to 2³² − 1
 * @param n 32-bit words wanted
 * @see https://github.com/numpy/numpy/blob/v1.26.4/numpy/random/bit_generator.pyx
 * @see O’Neill, “Developing a seed_seq alternative”, 2015: the constants
 */
export function seedState(seed: number, n: number): Uint32Array {
  const pool = mixedPool(seed)
  const state = new Uint32Array(n)
  let constant = 0x8b51f9dd
  for (let i = 0; i < n; i++) {
    let word = pool[i % nPoolWords]! ^ constant
    constant = Math.imul(constant, 0x58f38ded)
    word = Math.imul(word, constant)
    state[i] = word ^ (word >>> 16)
  }
  return state
}

function mixedPool(seed: number): Uint32Array {
  let constant = 0x43b0d7e5
  const hash = (value: number): number => {
    const mixed = value ^ constant
    constant = Math.imul(constant, 0x931e8875)
    const word = Math.imul(mixed, constant)
    return word ^ (word >>> 16)
  }
  const pool = new Uint32Array(nPoolWords)
  for (let i = 0; i < nPoolWords; i++) pool[i] = hash(i === 0 ? seed : 0)
  for (let from = 0; from < nPoolWords; from++) {
    for (let to = 0; to < nPoolWords; to++) {
      if (from !== to) pool[to] = mix(pool[to]!, hash(pool[from]!))
    }
  }
  return pool
}

function mix(x: number, y: number): number {
  const word = Math.imul(0xca01f9dd, x) - Math.imul(0x4973f715, y)
  return word ^ (word >>> 16)
}
