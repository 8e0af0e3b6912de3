import type { RgbImage } from '#common/image/rgb-image.ts'
import { halveImage } from '#main/files/halve-image.ts'

/** A photo at its own size, at half of it, and so on; each level is made when it is asked for, and kept. */
export class PhotoLevels {
  readonly #levels: Promise<RgbImage>[]
  readonly #halve: typeof halveImage

  constructor(photo: RgbImage, halve = halveImage) {
    this.#levels = [Promise.resolve(photo)]
    this.#halve = halve
  }

  /** The photo at 1/2^level of its size. What could not be made, as when memory was short, is made anew the next time. */
  async at(level: number): Promise<RgbImage> {
    while (this.#levels.length <= level) this.#levels.push(this.#levels.at(-1)!.then(this.#halve))
    try {
      return await this.#levels[level]!
    } catch (error) {
      this.#levels.length = 1
      throw error
    }
  }
}
