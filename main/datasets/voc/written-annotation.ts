import { posix } from 'node:path'
import { rleBbox, type Rle } from '#common/mask/rle.ts'
import type { ExportedImage, ExportedInstance, JsonObject } from '../dataset.ts'
import { isObject, without } from '../json/objects.ts'
import { formatElement } from '../xml/elements.ts'
import { bndboxOf, boxOfFields } from './annotation.ts'
import { elementsOf } from './fields.ts'
import { isBoxOf } from './match.ts'

/** An object as it was written into a picture. */
interface WrittenObject {
  readonly instance: ExportedInstance
  readonly name: string
  readonly rle: Rle
}

/** What VOC says of an object that it knows nothing else of. */
const plain: JsonObject = { pose: 'Unspecified', truncated: '0', difficult: '0' }

/** In the order of VOC's own files, in which some programs look for them; all others follow. */
const order = [
  ...['folder', 'filename', 'source', 'owner', 'size', 'segmented', 'object'],
  ...['database', 'annotation', 'image', 'flickrid', 'width', 'height', 'depth'],
  ...['name', 'pose', 'truncated', 'occluded', 'difficult', 'bndbox', 'part', 'xmin', 'ymin', 'xmax', 'ymax'],
]
const places: ReadonlyMap<string, number> = new Map(order.map((name, place) => [name, place]))

/** The annotation file of a photo: what its own said, with the photo's size and the objects written anew. */
export function annotationXml(
  { file, width, height, source }: ExportedImage,
  objects: readonly WrittenObject[],
): string {
  const own: JsonObject = isObject(source?.['annotation']) ? source['annotation'] : {}
  const size = isObject(own['size']) ? own['size'] : { depth: '3' }
  const fields = {
    folder: typeof own['folder'] === 'string' ? own['folder'] : '',
    filename: posix.basename(file),
    ...without(own, ['folder', 'filename', 'size', 'segmented', 'object']),
    size: { width: String(width), height: String(height), ...without(size, ['width', 'height']) },
    segmented: objects.length > 0 ? '1' : '0',
    object: objects.map(objectFields),
  }
  return formatElement(elementsOf('annotation', ordered(fields))[0]!)
}

/** A project keeps fields in no order. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered)
  if (!isObject(value)) return value
  const placeOf = (name: string): number => places.get(name) ?? order.length
  const fields = Object.entries(value).map(([name, each]) => [name, ordered(each)] as const)
  return Object.fromEntries(fields.sort(([a], [b]) => placeOf(a) - placeOf(b)))
}

/** The box of VOC's own record stays as long as it is the mask's. */
function objectFields({ instance: { source, edited }, name, rle }: WrittenObject): JsonObject {
  const own: JsonObject = isObject(source?.['object']) ? source['object'] : plain
  const box = rleBbox(rle)
  const given = boxOfFields(own['bndbox'])
  const isKept = !edited && given !== null && isBoxOf(given, box)
  const rest = without(own, ['name', 'bndbox'])
  return { name, ...rest, bndbox: isKept ? own['bndbox'] : bndboxOf(box) }
}
