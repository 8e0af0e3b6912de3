import type { Bitmap } from './bitmap.ts'
import { floodRegion } from './flood.ts'
import type { GridSize } from './rectangle.ts'

/** A part of a photo: RGBA, four bytes a pixel, row-major. */
export interface ColourWindow extends GridSize {
  readonly data: Uint8ClampedArray | Uint8Array
}

/**
 * What a magic wand takes: the pixels around a first one that are connected to it (4-connected) and of nearly its
 * colour. Distances are computed once, so that another tolerance costs one flood.
 */
export class ColourRegion {
  readonly #width: number
  readonly #height: number
  readonly #seed: { readonly x: number; readonly y: number }
  /** 0…255, rounded up; 255 beyond the radius is told apart by `#inReach` */
  readonly #distances: Uint8Array
  readonly #inReach: Uint8Array

  /**
   * @param photo whose pixels are looked at
   * @param seed whole pixels, inside the photo; its colour is the mean of the 3×3 pixels around it, against noise
   * @param radius nothing farther from the seed is taken, pixels
   */
  constructor(photo: ColourWindow, seed: { readonly x: number; readonly y: number }, radius: number) {
    const { width, height, data } = photo
    this.#width = width
    this.#height = height
    this.#seed = seed
    this.#distances = new Uint8Array(width * height)
    this.#inReach = new Uint8Array(width * height)
    const [red, green, blue] = colourAround(photo, seed)
    for (let y = 0, at = 0; y < height; y++) {
      const dy = y - seed.y
      for (let x = 0; x < width; x++, at++) {
        const dx = x - seed.x
        if (dx * dx + dy * dy > radius * radius) continue
        const [r, g, b] = [data[4 * at]! - red, data[4 * at + 1]! - green, data[4 * at + 2]! - blue]
        this.#inReach[at] = 1
        this.#distances[at] = Math.ceil(Math.sqrt((r * r + g * g + b * b) / 3))
      }
    }
    // the first pixel is always taken, however far its noise lies from the colour around it
    this.#distances[seed.y * width + seed.x] = 0
  }

  /**
   * @param tolerance root mean square difference of red, green and blue, 0…255
   * @returns a bitmap of the photo's size
   */
  within(tolerance: number): Bitmap {
    const near = this.#distances.map((distance, at) => (distance <= tolerance ? this.#inReach[at]! : 0))
    return floodRegion({ width: this.#width, height: this.#height, data: near }, this.#seed)
  }
}

function colourAround(
  { width, height, data }: ColourWindow,
  seed: { readonly x: number; readonly y: number },
): readonly [red: number, green: number, blue: number] {
  let [red, green, blue, n] = [0, 0, 0, 0]
  for (let y = Math.max(seed.y - 1, 0); y <= Math.min(seed.y + 1, height - 1); y++) {
    for (let x = Math.max(seed.x - 1, 0); x <= Math.min(seed.x + 1, width - 1); x++) {
      const at = 4 * (y * width + x)
      red += data[at]!
      green += data[at + 1]!
      blue += data[at + 2]!
      n++
    }
  }
  return [red / n, green / n, blue / n]
}
