import { unionRle } from '#common/mask/combine.ts'
import type { GridSize } from '#common/mask/rectangle.ts'
import { decodeRle, type Rle } from '#common/mask/rle.ts'
import { canvasColours } from '../colours.ts'
import { contourOptions, strokeDashed, strokeSolid } from '../layers/outline-strokes.ts'
import { DashedOutline, TiledOutline } from '../layers/outlines.ts'
import { visiblePixels, type Viewport } from '../viewport.ts'

/** What of an instance its image's object mask needs. */
export interface ObjectInstance {
  readonly isObject: boolean
  readonly machine: Rle | null
  readonly correction: Rle | null
}

/** The object mask of an image as its scores know it: the newest revisions of its objects; null: there is none. */
export function objectMask(instances: readonly ObjectInstance[], size: GridSize): Rle | null {
  const masks = instances
    .filter(({ isObject }) => isObject)
    .flatMap(({ machine, correction }) => correction ?? machine ?? [])
  return masks.length === 0 ? null : unionRle(masks, size)
}

/** The line around an object mask: white and dashed as machines made it, cyan and solid once a person corrected it. */
export class ObjectOutline {
  readonly #line: { readonly solid: TiledOutline } | { readonly dashed: DashedOutline } | null
  readonly #size: GridSize

  constructor(instances: readonly ObjectInstance[], size: GridSize) {
    this.#size = size
    const mask = objectMask(instances, size)
    const isCorrected = instances.some(({ isObject, correction }) => isObject && correction !== null)
    if (mask === null) this.#line = null
    else
      this.#line = isCorrected
        ? { solid: new TiledOutline(decodeRle(mask)) }
        : { dashed: new DashedOutline(decodeRle(mask)) }
  }

  /**
   * Draws it over what is there.
   * @param ratio device pixels a CSS pixel
   * @param thickness of the lines, 1 = as on the canvas of Review
   */
  paint(
    context: CanvasRenderingContext2D,
    { view, ratio, thickness }: { readonly view: Viewport; readonly ratio: number; readonly thickness: number },
  ): void {
    const visible = visiblePixels(view, this.#size)
    if (this.#line === null || visible === null) return
    const options = contourOptions(view, ratio)
    const pixel = thickness / view.scale
    const scale = view.scale * ratio
    context.setTransform(scale, 0, 0, scale, view.x * ratio, view.y * ratio)
    context.lineJoin = 'round'
    if ('solid' in this.#line) {
      strokeSolid(context, this.#line.solid.path(visible, options), canvasColours.correction, pixel)
    } else strokeDashed(context, this.#line.dashed.pieces(visible, options), pixel)
  }
}
