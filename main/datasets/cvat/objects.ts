import type { ImportedInstance } from '../dataset.ts'
import { numberIn } from '../decimal.ts'
import type { PlacelessDefect } from '../defects.ts'
import { groupShapes, uniteShapes, type PlacedShape, type ShapeDefect } from '../grouped-shapes.ts'
import type { Frame } from '../outlines.ts'
import type { XmlElement } from '../xml/elements.ts'
import { readShape } from './shape-mask.ts'

/** What the elements of an image come to before they are drawn. */
interface SortedShapes {
  /** The shapes of one object each: those with the same label and group. */
  readonly objects: readonly (readonly PlacedShape<XmlElement>[])[]
  /** Boxes, lines, points and the like, and tags: kept, to be written again. */
  readonly others: readonly XmlElement[]
  readonly defects: readonly ShapeDefect[]
}

/** An object of a photo: what an instance takes from its shapes. */
type ShapeObject = Pick<ImportedInstance, 'category' | 'score' | 'isCrowd' | 'rle'> & {
  /** Those that gave the mask. */
  readonly shapes: readonly XmlElement[]
}

const withArea: ReadonlySet<string> = new Set(['polygon', 'mask', 'ellipse'])
const withoutArea: ReadonlySet<string> = new Set(['polyline', 'points', 'cuboid', 'skeleton'])

/** Long enough for any label; keeps hostile text out of messages and of the store. */
const maxLabelLength = 4096

/** Names of attributes that hold what CVAT has no place for. */
export const ownAttributes = { score: 'score', isCrowd: 'is_crowd' } as const

/** Whether an element is kept for an export though it gives no mask. */
export function isKept({ name }: XmlElement): boolean {
  return name === 'tag' || name === 'box' || withoutArea.has(name)
}

/** Sorts an image's elements into objects, in the order of their first shapes. */
export function sortShapes(elements: readonly XmlElement[]): SortedShapes {
  const drawn: PlacedShape<XmlElement>[] = []
  const others: XmlElement[] = []
  const defects: ShapeDefect[] = []
  for (const [index, shape] of elements.entries()) {
    const defect = defectOfShape(shape)
    if (defect !== null) defects.push({ index, defect })
    if (isKept(shape)) others.push(shape)
    if (defect === null && withArea.has(shape.name)) drawn.push({ index, shape })
  }
  return { objects: groupShapes(drawn, objectKey), others, defects }
}

function defectOfShape({ name, attributes }: XmlElement): PlacelessDefect | null {
  if (name === 'box') return { kind: 'no-segmentation', action: 'refused' }
  if (withoutArea.has(name)) return { kind: 'no-area', action: 'kept', shape: name }
  if (name === 'tag') return null
  const reason = !withArea.has(name)
    ? `there is no shape “${name.slice(0, 60)}” in CVAT`
    : (attributes['label'] ?? '').length > maxLabelLength
      ? 'the shape has no usable label'
      : null
  return reason === null ? null : { kind: 'record-invalid', action: 'refused', reason }
}

/** What the shapes of one object share; null for a shape that is an object alone. */
export function objectKey({ attributes }: XmlElement): string | null {
  const group = attributes['group_id'] ?? '0'
  return numberIn(group) === 0 || group === '' ? null : JSON.stringify([attributes['label'] ?? '', group])
}

/** The category that a shape gives its object. */
export function categoryOf({ attributes }: XmlElement): string | null {
  const label = attributes['label'] ?? ''
  return label === '' ? null : label
}

/**
 * Draws the shapes of one object. CVAT has no score and no crowds; its files may hold them as attributes, `score` and
 * `is_crowd`. Those of the first shape count.
 * @returns no object where no shape gives a pixel
 */
export function readObject(
  shapes: readonly PlacedShape<XmlElement>[],
  frame: Frame,
): { readonly object: ShapeObject | null; readonly defects: readonly ShapeDefect[] } {
  const readings = shapes.map(({ shape }) => readShape(shape, frame))
  const { rle, used, defects } = uniteShapes(shapes, readings, frame.photo)
  const [first] = used
  if (first === undefined || rle === null) return { object: null, defects }
  const score = numberIn(attributeOf(first, ownAttributes.score))
  const isCrowd = /^(true|1)$/i.test(attributeOf(first, ownAttributes.isCrowd))
  const facts = { category: categoryOf(first), score: Number.isFinite(score) ? score : null, isCrowd }
  return { object: { ...facts, rle, shapes: used }, defects }
}

/** The value of one of a shape's attributes (elements in it), '' where it has none. */
function attributeOf({ children }: XmlElement, name: string): string {
  const found = children.find((child) => child.name === 'attribute' && child.attributes['name'] === name)
  return found?.text ?? ''
}
