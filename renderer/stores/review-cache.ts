import type { ReviewedImage } from '#common/contract/procedures/reviewing.ts'

/** Images that were read ahead, by id. Failed reads are forgotten, so that they are tried again. */
export class ReviewCache {
  readonly #read: (id: number) => Promise<ReviewedImage>
  readonly #entries = new Map<number, Promise<ReviewedImage>>()
  readonly #limit: number

  /** @param limit how many images are kept; the one that was asked for longest ago goes first */
  constructor(read: (id: number) => Promise<ReviewedImage>, limit = 8) {
    this.#read = read
    this.#limit = limit
  }

  get(id: number): Promise<ReviewedImage> {
    const known = this.#entries.get(id)
    this.#entries.delete(id)
    const entry = known ?? this.#start(id)
    this.#entries.set(id, entry)
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#limit) break
      this.#entries.delete(oldest)
    }
    return entry
  }

  /** What is known of an image is old now. */
  forget(id: number): void {
    this.#entries.delete(id)
  }

  clear(): void {
    this.#entries.clear()
  }

  #start(id: number): Promise<ReviewedImage> {
    const entry = this.#read(id)
    entry.catch(() => {
      if (this.#entries.get(id) === entry) this.#entries.delete(id)
    })
    return entry
  }
}
