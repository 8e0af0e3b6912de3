import { rleBbox, sameRle } from '#common/mask/rle.ts'
import { formatMaskPng } from '#main/files/png.ts'
import { namelessCategory, type ExportedInstance, type JsonObject } from '../dataset.ts'
import { isObject, without } from '../json/objects.ts'
import { croppedMask } from '../placed-mask.ts'
import { objectKey, readObject } from './instances.ts'

/** What an instance is called in a file; LabelMe needs a label. */
export function labelOf({ category }: ExportedInstance): string {
  return category ?? namelessCategory
}

/**
 * The shapes that an instance is written as: those that it came from if its mask is not edited and they still give it,
 * else one mask with their other fields.
 * @param taken keys of the objects that the file has already, to which this one's is added: shapes of a second instance
 * with the same label and group would come back as parts of the first
 */
export async function writtenShapes(instance: ExportedInstance, taken: Set<string>): Promise<readonly JsonObject[]> {
  const kept = await keptShapes(instance)
  const shapes = kept ?? [await maskShape(instance)]
  const key = objectKey(shapes[0]!)
  if (key === null) return shapes
  if (!taken.has(key)) {
    taken.add(key)
    return shapes
  }
  const alone = shapes.length === 1 ? shapes[0]! : await maskShape(instance)
  return [{ ...alone, group_id: null }]
}

async function keptShapes(instance: ExportedInstance): Promise<readonly JsonObject[] | null> {
  const { edited, rle, score, isCrowd } = instance
  const shapes = sourceShapes(instance).map((shape) => ({ ...shape, label: labelOf(instance) }))
  if (edited || shapes.length === 0 || new Set(shapes.map(objectKey)).size > 1) return null
  if (shapes.length > 1 && objectKey(shapes[0]!) === null) return null
  const placed = shapes.map((shape, index) => ({ shape, index }))
  const { object } = await readObject(placed, { photo: [rle.width, rle.height], given: null })
  const isSame =
    object?.shapes.length === shapes.length &&
    sameRle(object.rle, rle) &&
    object.score === score &&
    object.isCrowd === isCrowd
  return isSame ? shapes : null
}

/** The shapes that an instance came from; none where it came from elsewhere. */
function sourceShapes({ source }: ExportedInstance): readonly JsonObject[] {
  const shapes = source?.['shapes']
  return Array.isArray(shapes) && shapes.every(isObject) ? shapes : []
}

async function maskShape(instance: ExportedInstance): Promise<JsonObject> {
  const { rle, score, isCrowd } = instance
  const { description = '', flags = {}, group_id = null, ...rest } = sourceShapes(instance)[0] ?? {}
  const [x, y, width, height] = rleBbox(rle)
  const points = [
    [x, y],
    [x + width - 1, y + height - 1],
  ]
  const mask = Buffer.from(await formatMaskPng(croppedMask(rle))).toString('base64')
  return {
    label: labelOf(instance),
    points,
    group_id,
    description,
    shape_type: 'mask',
    flags,
    mask,
    ...without(rest, ['label', 'points', 'shape_type', 'mask', 'score', 'iscrowd']),
    ...(score === null ? {} : { score }),
    ...(isCrowd ? { iscrowd: 1 } : {}),
  }
}
