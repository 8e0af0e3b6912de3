import { ColourRegion, type ColourWindow } from '#common/mask/colour-region.ts'
import type { Bitmap } from '#common/mask/bitmap.ts'
import type { GridSize, PixelRectangle } from '#common/mask/rectangle.ts'
import { cutRectangle } from './rectangle.ts'
import type { Point } from './viewport.ts'

/** Nothing farther from its first pixel is taken, image pixels. */
const reach = 256
const firstTolerance = 24
const largestTolerance = 255

/** The region of a magic wand while its stroke is open. The photo's pixels come a little after the click. */
export class WandRegion {
  /** which part of the photo is looked at */
  readonly window: PixelRectangle
  readonly isAdding: boolean
  readonly #seed: Point
  #region: ColourRegion | null = null
  #tolerance = firstTolerance
  /** the stroke was finished before the pixels came */
  isReleased = false

  /** @param from image pixels, inside the image */
  constructor(from: Point, image: GridSize, isAdding: boolean) {
    const [x, y] = [Math.floor(from.x), Math.floor(from.y)]
    const around = { x: x - reach, y: y - reach, width: 2 * reach + 1, height: 2 * reach + 1 }
    this.window = cutRectangle(around, { x: 0, y: 0, ...image })!
    this.#seed = { x: x - this.window.x, y: y - this.window.y }
    this.isAdding = isAdding
  }

  /** Difference of colours that is still taken, 0…255. */
  get tolerance(): number {
    return Math.round(this.#tolerance)
  }

  get hasColours(): boolean {
    return this.#region !== null
  }

  /** @param by share of the range, −1…1 */
  changeTolerance(by: number): void {
    this.#tolerance = Math.min(Math.max(this.#tolerance + by * largestTolerance, 0), largestTolerance)
  }

  /** @param colours of `window` */
  takeColours(colours: ColourWindow): void {
    this.#region = new ColourRegion(colours, this.#seed, reach)
  }

  /** What is taken, of the size of `window`; null: the colours are not here yet. */
  get pixels(): Bitmap | null {
    return this.#region?.within(this.tolerance) ?? null
  }
}
