/** Keeps the values that were used last, as many as fit into a number of bytes, and the newest in any case. */
export class ByteCache<Value> {
  readonly #maxBytes: number
  /** the one used longest ago first */
  readonly #entries = new Map<string, { readonly value: Value; readonly sizeBytes: number }>()
  #sizeBytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get(key: string): Value | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return entry.value
  }

  set(key: string, value: Value, sizeBytes: number): void {
    this.delete(key)
    this.#entries.set(key, { value, sizeBytes })
    this.#sizeBytes += sizeBytes
    for (const oldest of this.#entries.keys()) {
      if (this.#sizeBytes <= this.#maxBytes || oldest === key) return
      this.delete(oldest)
    }
  }

  delete(key: string): void {
    this.#sizeBytes -= this.#entries.get(key)?.sizeBytes ?? 0
    this.#entries.delete(key)
  }
}
