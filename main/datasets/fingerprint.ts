import type { Rle } from '#common/mask/rle.ts'

/**
 * A number from 0 to 2⁵³ − 1 that two masks share if they are the same (size and counts; codes must be normalised), and
 * with a chance of about 10⁻¹⁶ otherwise.
 * @param more what else must be the same, e.g. the image's number and the category's
 */
export function maskFingerprint({ width, height, counts }: Rle, more: readonly number[]): number {
  const hash = new Hash()
  for (const value of more) hash.add(value)
  hash.add(width)
  hash.add(height)
  for (let i = 0; i < counts.length; i++) hash.add(counts[i]!)
  return hash.value()
}

/** The same for a text. */
export function textFingerprint(text: string): number {
  const hash = new Hash()
  for (let i = 0; i < text.length; i++) hash.add(text.charCodeAt(i))
  return hash.value()
}

/** Two 32-bit multiply–xor–shift hashes with the constants of MurmurHash3's finaliser, as one number. */
class Hash {
  #a = 0x9e3779b9 | 0
  #b = 0x243f6a88 | 0

  add(value: number): void {
    this.#a = Math.imul(this.#a ^ value, 0x85ebca6b)
    this.#a ^= this.#a >>> 13
    this.#b = Math.imul(this.#b ^ value, 0xc2b2ae35)
    this.#b ^= this.#b >>> 16
  }

  value(): number {
    return (this.#a >>> 0) * 2 ** 21 + (this.#b >>> 11)
  }
}

/**
 * A set of numbers in one typed array (8 to 27 bytes a number), because a `Set` of the ids of a large annotation file
 * would take ten times as much.
 */
export class NumberSet {
  #slots = new Float64Array(1024).fill(NaN)
  #size = 0

  /** Adds a number (not NaN); false where it was there before. */
  add(value: number): boolean {
    if (this.#size * 10 > this.#slots.length * 6) this.#grow()
    const slot = slotOf(this.#slots, value)
    if (this.#slots[slot] === value) return false
    this.#slots[slot] = value
    this.#size++
    return true
  }

  #grow(): void {
    const larger = new Float64Array(this.#slots.length * 2).fill(NaN)
    for (const value of this.#slots) if (!Number.isNaN(value)) larger[slotOf(larger, value)] = value
    this.#slots = larger
  }
}

/** Where a number stands or would stand; the length is a power of two, and there is always room. */
function slotOf(slots: Float64Array, value: number): number {
  const low = value % 2 ** 32
  let hash = Math.imul(low ^ Math.imul((value - low) / 2 ** 32, 0x9e3779b1), 0x85ebca6b)
  hash ^= hash >>> 15
  let slot = (hash >>> 0) & (slots.length - 1)
  while (slots[slot] !== value && !Number.isNaN(slots[slot]!)) slot = (slot + 1) & (slots.length - 1)
  return slot
}
