import type { ImageId } from '#common/contract/ids.ts'

interface Ranked<T> {
  readonly value: number
  readonly imageId: ImageId
  readonly item: T
}

/**
 * Keeps the first few by value, however many pass by. Equal values go by image, so that the outcome does not depend on
 * the order in which they come, and that one ranking upwards and one downwards are each other's reverse.
 */
export class Ranking<T> {
  readonly #limit: number
  readonly #sign: 1 | -1
  readonly #kept: Ranked<T>[] = []

  /** @param limit how many are kept */
  constructor(limit: number, first: 'lowest' | 'highest') {
    this.#limit = limit
    this.#sign = first === 'lowest' ? 1 : -1
  }

  add(value: number, imageId: ImageId, item: T): void {
    const ranked = { value, imageId, item }
    const at = this.#kept.findIndex((other) => this.#compare(ranked, other) < 0)
    if (at < 0 && this.#kept.length === this.#limit) return
    this.#kept.splice(at < 0 ? this.#kept.length : at, 0, ranked)
    if (this.#kept.length > this.#limit) this.#kept.pop()
  }

  /** What was kept, in order. */
  get items(): T[] {
    return this.#kept.map(({ item }) => item)
  }

  #compare(a: Ranked<T>, b: Ranked<T>): number {
    return this.#sign * (a.value - b.value || a.imageId - b.imageId)
  }
}
