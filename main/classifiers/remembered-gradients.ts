import type { ClassGradients } from '#main/tensor/classifier.ts'

interface Remembered {
  readonly gradients: ClassGradients
  readonly seconds: number
}

/**
 * Remembers what was differentiated for an array of inputs, as long as that is in use: methods that explain one photo
 * after the other ask for the same. Who changes an array must not ask with it again.
 */
export class RememberedGradients {
  readonly #known = new WeakMap<Float32Array, Map<string, Promise<Remembered>>>()
  #savedSeconds = 0

  /** How long it took when it was computed, summed over every time that it was remembered. */
  get savedSeconds(): number {
    return this.#savedSeconds
  }

  /** @param key says what is differentiated; @throws what `compute` throws, which is not remembered */
  async of(inputs: Float32Array, key: string, compute: () => Promise<ClassGradients>): Promise<ClassGradients> {
    const ofInputs = this.#known.get(inputs) ?? new Map<string, Promise<Remembered>>()
    this.#known.set(inputs, ofInputs)
    const known = ofInputs.get(key)
    if (known) {
      const { gradients, seconds } = await known
      this.#savedSeconds += seconds
      return gradients
    }
    const computing = timed(compute)
    ofInputs.set(key, computing)
    computing.catch(() => ofInputs.delete(key))
    return (await computing).gradients
  }
}

async function timed(compute: () => Promise<ClassGradients>): Promise<Remembered> {
  const start = performance.now()
  const gradients = await compute()
  return { gradients, seconds: (performance.now() - start) / 1000 }
}
