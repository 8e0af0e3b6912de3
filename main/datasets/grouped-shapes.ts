import { unionRle } from '#common/mask/combine.ts'
import type { Rle } from '#common/mask/rle.ts'
import type { PlacelessDefect, Size } from './defects.ts'
import type { MaskReading } from './outlines.ts'

/** A shape and its place among those of its photo, from 0. */
export interface PlacedShape<Shape> {
  readonly index: number
  readonly shape: Shape
}

/** A defect, and the shape that has it. */
export interface ShapeDefect {
  readonly index: number
  readonly defect: PlacelessDefect
}

/**
 * The shapes of one object each, in the order of their first ones.
 * @param keyOf what the shapes of one object share; null for a shape that is an object alone
 */
export function groupShapes<Shape>(
  shapes: readonly PlacedShape<Shape>[],
  keyOf: (shape: Shape) => string | null,
): readonly (readonly PlacedShape<Shape>[])[] {
  return [...Map.groupBy(shapes, ({ index, shape }) => keyOf(shape) ?? index).values()]
}

/**
 * One mask of the shapes of one object.
 * @param readings what each of the shapes gives
 * @returns the mask, null where no shape gives a pixel; the shapes that gave it
 */
export function uniteShapes<Shape>(
  shapes: readonly PlacedShape<Shape>[],
  readings: readonly MaskReading[],
  [width, height]: Size,
): { readonly rle: Rle | null; readonly used: readonly Shape[]; readonly defects: readonly ShapeDefect[] } {
  const rles = readings.map(({ rle }) => rle).filter((rle) => rle !== null)
  const used = shapes.filter((_, i) => readings[i]!.rle !== null).map(({ shape }) => shape)
  const defects = shapes.flatMap(({ index }, i) => readings[i]!.defects.map((defect) => ({ index, defect })))
  const rle = rles.length < 2 ? (rles[0] ?? null) : unionRle(rles, { width, height })
  return { rle, used, defects }
}
