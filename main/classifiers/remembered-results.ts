interface Remembered<T> {
  readonly result: T
  readonly seconds: number
}

/** Time that remembering saves: how long results took that were asked for again, summed over each time. */
export interface SavedTime {
  seconds: number
}

/**
 * Remembers what was computed of an array of inputs, as long as that is in use: methods that explain one photo after the
 * other ask for the same. Who changes an array must not ask with it again.
 */
export class RememberedResults<T> {
  readonly #known = new WeakMap<Float32Array, Map<string, Promise<Remembered<T>>>>()
  readonly #saved: SavedTime

  /** @param saved is added to; shared by those whose results are computed from one another's */
  constructor(saved: SavedTime) {
    this.#saved = saved
  }

  /** @param key says what is computed; @throws what `compute` throws, which is not remembered */
  async of(inputs: Float32Array, key: string, compute: () => Promise<T>): Promise<T> {
    const ofInputs = this.#known.get(inputs) ?? new Map<string, Promise<Remembered<T>>>()
    this.#known.set(inputs, ofInputs)
    const known = ofInputs.get(key)
    if (known) {
      const { result, seconds } = await known
      this.#saved.seconds += seconds
      return result
    }
    const computing = this.#timed(compute)
    ofInputs.set(key, computing)
    computing.catch(() => ofInputs.delete(key))
    return (await computing).result
  }

  /** How long it would have taken had nothing been remembered. */
  async #timed(compute: () => Promise<T>): Promise<Remembered<T>> {
    const start = performance.now()
    const before = this.#saved.seconds
    const result = await compute()
    return { result, seconds: (performance.now() - start) / 1000 + this.#saved.seconds - before }
  }
}
