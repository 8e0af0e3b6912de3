import type { ImportedInstance, JsonObject } from '../dataset.ts'
import { isObject } from '../json/objects.ts'
import { groupShapes, uniteShapes, type PlacedShape, type ShapeDefect } from '../grouped-shapes.ts'
import type { Frame, MaskReading } from '../outlines.ts'
import { hasNoArea, readShape, shapeType } from './shape-mask.ts'

/** What a file's shapes come to before they are drawn. */
export interface SortedShapes {
  /** The shapes of one object each: LabelMe's rule is the same label and the same `group_id`. */
  readonly objects: readonly (readonly PlacedShape<JsonObject>[])[]
  /** Points and lines. */
  readonly withoutArea: readonly JsonObject[]
  readonly defects: readonly ShapeDefect[]
}

/** An object of a photo: what an instance takes from its shapes. */
export type ShapeObject = Pick<ImportedInstance, 'category' | 'score' | 'isCrowd' | 'rle'> & {
  /** Those that gave the mask. */
  readonly shapes: readonly JsonObject[]
}

/** Long enough for any label; keeps hostile text out of messages and of the store. */
const maxLabelLength = 4096

/** Sorts a file's shapes into objects, in the order of their first shapes. */
export function sortShapes(shapes: readonly unknown[]): SortedShapes {
  const drawn: PlacedShape<JsonObject>[] = []
  const withoutArea: JsonObject[] = []
  const defects: ShapeDefect[] = []
  for (const [index, shape] of shapes.entries()) {
    const problem = problemOfShape(shape)
    if (problem !== null) {
      defects.push({ index, defect: { kind: 'record-invalid', action: 'refused', reason: problem } })
    } else if (hasNoArea(shape as JsonObject)) {
      withoutArea.push(shape as JsonObject)
      defects.push({
        index,
        defect: { kind: 'no-area', action: 'kept', shape: String(shapeType(shape as JsonObject)) },
      })
    } else drawn.push({ index, shape: shape as JsonObject })
  }
  return { objects: groupShapes(drawn, objectKey), withoutArea, defects }
}

function problemOfShape(shape: unknown): string | null {
  if (!isObject(shape)) return 'the shape is no object'
  const { label } = shape
  return typeof label === 'string' && label.length <= maxLabelLength ? null : 'the shape has no usable label'
}

/** What the shapes of one object share; null for a shape that is an object alone. */
export function objectKey({ label, group_id: group }: JsonObject): string | null {
  return group === null || group === undefined ? null : JSON.stringify([label, group])
}

/** The category that shapes give their object. */
export function categoryOf({ label }: JsonObject): string | null {
  return label === '' ? null : (label as string)
}

/**
 * Draws the shapes of one object. LabelMe has no score and no crowds; its files may hold them in fields of their own,
 * which it keeps: `score`, and `iscrowd` as in COCO. Those of the first shape count.
 * @returns no object where no shape gives a pixel
 */
export async function readObject(
  shapes: readonly PlacedShape<JsonObject>[],
  frame: Frame,
): Promise<{ readonly object: ShapeObject | null; readonly defects: readonly ShapeDefect[] }> {
  const readings: MaskReading[] = []
  for (const { shape } of shapes) readings.push(await readShape(shape, frame))
  const { rle, used, defects } = uniteShapes(shapes, readings, frame.photo)
  const [first] = used
  if (first === undefined || rle === null) return { object: null, defects }
  const { score, iscrowd } = first
  const isCrowd = iscrowd === 1 || iscrowd === true
  const own = typeof score === 'number' && Number.isFinite(score) ? score : null
  return { object: { category: categoryOf(first), score: own, isCrowd, rle, shapes: used }, defects }
}
