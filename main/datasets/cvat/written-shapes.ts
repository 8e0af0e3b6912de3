import { rleBbox, sameRle, type Rle } from '#common/mask/rle.ts'
import { namelessCategory, type ExportedInstance } from '../dataset.ts'
import { isObject, without } from '../json/objects.ts'
import { croppedMask } from '../placed-mask.ts'
import { element, isXmlElement, xmlText, type XmlElement } from '../xml/elements.ts'
import { objectKey, ownAttributes, readObject } from './objects.ts'

/** What says where a shape is, which a mask has its own of. */
const geometry = ['points', 'rle', 'left', 'top', 'width', 'height', 'cx', 'cy', 'rx', 'ry', 'rotation', 'label']

/** What an instance is called in a file; CVAT needs a label. */
export function labelOf({ category }: ExportedInstance): string {
  return category === null || category === '' ? namelessCategory : xmlText(category)
}

/**
 * The shapes that an instance is written as: those that it came from if its mask is not edited and they still give it,
 * else one mask with their other fields.
 * @param taken keys of the objects that the image has already, to which this one's is added: shapes of a second instance
 * with the same label and group would come back as parts of the first
 */
export function writtenShapes(instance: ExportedInstance, taken: Set<string>): readonly XmlElement[] {
  const shapes = keptShapes(instance) ?? [maskShape(instance)]
  const key = objectKey(shapes[0]!)
  if (key === null) return shapes
  if (!taken.has(key)) {
    taken.add(key)
    return shapes
  }
  const alone = shapes.length === 1 ? shapes[0]! : maskShape(instance)
  return [{ ...alone, attributes: less(alone.attributes, ['group_id']) }]
}

function keptShapes(instance: ExportedInstance): readonly XmlElement[] | null {
  const { edited, rle, score, isCrowd } = instance
  const label = labelOf(instance)
  const shapes = sourceShapes(instance).map((shape) => ({ ...shape, attributes: { ...shape.attributes, label } }))
  if (edited || shapes.length === 0 || new Set(shapes.map(objectKey)).size > 1) return null
  if (shapes.length > 1 && objectKey(shapes[0]!) === null) return null
  const placed = shapes.map((shape, index) => ({ shape, index }))
  const { object } = readObject(placed, { photo: [rle.width, rle.height], given: null })
  const isSame =
    object?.shapes.length === shapes.length &&
    sameRle(object.rle, rle) &&
    object.score === score &&
    object.isCrowd === isCrowd
  return isSame ? shapes : null
}

/** The shapes that an instance came from; none where it came from elsewhere. */
function sourceShapes({ source }: ExportedInstance): readonly XmlElement[] {
  const cvat = source?.['cvat']
  const shapes = isObject(cvat) ? cvat['shapes'] : null
  return Array.isArray(shapes) && shapes.every(isXmlElement) ? shapes : []
}

function maskShape(instance: ExportedInstance): XmlElement {
  const { rle, score, isCrowd } = instance
  const [left, top, width, height] = rleBbox(rle)
  const [first] = sourceShapes(instance)
  const { occluded = '0', source = 'file', ...rest } = less(first?.attributes ?? {}, geometry)
  const place = { left, top, width, height }
  const own: readonly string[] = Object.values(ownAttributes)
  const children = [
    ...(first?.children ?? []).filter(({ attributes }) => !own.includes(attributes['name'] ?? '')),
    ...(score === null ? [] : [attribute(ownAttributes.score, String(score))]),
    ...(isCrowd ? [attribute(ownAttributes.isCrowd, 'true')] : []),
  ]
  const texts = Object.fromEntries(Object.entries(place).map(([key, value]) => [key, String(value)]))
  const attributes = { label: labelOf(instance), source, occluded, rle: runsInBox(rle), ...texts, ...rest }
  return element('mask', attributes, { children })
}

const attribute = (name: string, text: string): XmlElement => element('attribute', { name }, { text })

/** Lengths of the runs in the mask's box, row by row, the first of background. */
function runsInBox(rle: Rle): string {
  const { data } = croppedMask(rle)
  const counts: number[] = []
  let [from, value] = [0, 0]
  for (let i = 0; i < data.length; i++) {
    if (data[i] === value) continue
    counts.push(i - from)
    ;[from, value] = [i, 1 - value]
  }
  counts.push(data.length - from)
  return counts.join(', ')
}

function less(attributes: XmlElement['attributes'], names: readonly string[]): Record<string, string> {
  return without(attributes, names) as Record<string, string>
}
