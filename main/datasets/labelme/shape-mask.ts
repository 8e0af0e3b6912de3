import { AppError } from '#common/contract/errors.ts'
import { rleFromColumns } from '#common/mask/column-runs.ts'
import { encodeRle } from '#common/mask/rle.ts'
import { imageKind } from '#main/files/file-kind.ts'
import { readMaskPng } from '#main/files/mask-png.ts'
import type { JsonObject } from '../dataset.ts'
import type { Size } from '../defects.ts'
import { clipped, notEmpty, readOutlines, refused, type Frame, type MaskReading } from '../outlines.ts'
import { placedMask } from '../placed-mask.ts'

type Point = readonly [x: number, y: number]

/** Shapes that mark places but enclose nothing. */
const withoutArea: ReadonlySet<unknown> = new Set(['point', 'points', 'line', 'linestrip'])

/** Photos are not as wide; beyond that the rule for drawing outlines is not defined. */
const farthest = 2 ** 20

/** What a shape is; files of before LabelMe 3.9 do not say it and have polygons. */
export function shapeType(shape: JsonObject): unknown {
  return shape['shape_type'] ?? 'polygon'
}

/** Whether a shape marks a place but has no area: a point, several, a line. */
export function hasNoArea(shape: JsonObject): boolean {
  return withoutArea.has(shapeType(shape))
}

/**
 * The pixels of a shape that has an area: those whose middle lies within (outlines by COCO's rule), or those of its own
 * picture. Never throws for what a file holds: what is wrong comes back as defects.
 */
export async function readShape(shape: JsonObject, frame: Frame): Promise<MaskReading> {
  const { photo, given } = frame
  if (given !== null && (given[0] !== photo[0] || given[1] !== photo[1])) {
    return refused({ kind: 'frame-mismatch', action: 'refused', given, own: photo })
  }
  const points = readPoints(shape['points'])
  if (typeof points === 'string') return refused({ kind: 'polygon-invalid', action: 'refused', reason: points })
  switch (shapeType(shape)) {
    case 'polygon':
    case 'oriented_rectangle':
      return outlined(points, frame)
    case 'rectangle':
      // two corners; other programs write all four
      if (points.length === 2) return outlined(cornersOf(points[0]!, points[1]!), frame)
      return points.length === 4 ? outlined(points, frame) : wrongPoints('rectangle', points.length)
    case 'circle':
      return points.length === 2 ? circle(points[0]!, points[1]!, photo) : wrongPoints('circle', points.length)
    case 'mask':
      return points.length === 2 ? pictured(shape['mask'], points, photo) : wrongPoints('mask', points.length)
    default:
      return invalid(`there is no shape_type ${JSON.stringify(shape['shape_type']).slice(0, 60)}`)
  }
}

/** The points of a shape, or what is wrong with them. */
function readPoints(value: unknown): readonly Point[] | string {
  if (!Array.isArray(value)) return 'there is no list of points'
  const isNumber = (each: unknown): boolean => typeof each === 'number' && Math.abs(each) <= farthest
  const isPoint = (each: unknown): boolean => Array.isArray(each) && each.length === 2 && each.every(isNumber)
  const wrong = value.findIndex((each) => !isPoint(each))
  return wrong < 0 ? value : `point ${wrong + 1} is no pair of usable numbers`
}

const cornersOf = ([x0, y0]: Point, [x1, y1]: Point): readonly Point[] => [
  [x0, y0],
  [x1, y0],
  [x1, y1],
  [x0, y1],
]

function outlined(points: readonly Point[], frame: Frame): MaskReading {
  if (points.length < 3) {
    const reason = `it has ${points.length} of at least three points`
    return refused({ kind: 'polygon-invalid', action: 'refused', reason })
  }
  return clipped(readOutlines([points.flat()], frame), points.flat(), frame.photo)
}

/** All pixels whose middle is no farther from the centre than the point on the circle. */
function circle([cx, cy]: Point, [px, py]: Point, photo: Size): MaskReading {
  const [width, height] = photo
  const radius = Math.hypot(px - cx, py - cy)
  const columns = Array.from({ length: width }, (_, x) => {
    const half = Math.sqrt(radius ** 2 - (x + 0.5 - cx) ** 2)
    const top = Math.max(0, Math.ceil(cy - half - 0.5))
    const foot = Math.min(height, Math.floor(cy + half + 0.5))
    // beside the circle `half` is NaN, and so are both
    return top < foot ? [top, foot] : []
  })
  const corners: Point[] = [
    [cx - radius, cy - radius],
    [cx + radius, cy + radius],
  ]
  return clipped(notEmpty({ rle: rleFromColumns(columns, height), defects: [] }), corners.flat(), photo)
}

/** A picture of its own, whose top left pixel is at the first point and its bottom right one at the second. */
async function pictured(mask: unknown, points: readonly Point[], photo: Size): Promise<MaskReading> {
  if (typeof mask !== 'string') return refused({ kind: 'no-segmentation', action: 'refused' })
  const bytes = new Uint8Array(Buffer.from(mask, 'base64'))
  if (imageKind(bytes) !== 'png' || bytes.length < 33) return invalid('its mask is no PNG')
  const [left, top, right, bottom] = points.flat().map(Math.round) as [number, number, number, number]
  const box = [right - left + 1, bottom - top + 1] as const
  // from its header, before anything of that size is made
  const header = new DataView(bytes.buffer)
  const size = [header.getUint32(16), header.getUint32(20)] as const
  // corners between pixels are rounded each on its own, which can change the box by one
  const slack = points.flat().every(Number.isInteger) ? 0 : 1
  if (Math.abs(size[0] - box[0]) > slack || Math.abs(size[1] - box[1]) > slack) {
    return invalid(`its mask has ${sizeText(size)} pixels, its box ${sizeText(box)}`)
  }
  if (size[0] > photo[0] || size[1] > photo[1]) {
    return invalid(`its mask has ${sizeText(size)} pixels, the photo only ${sizeText(photo)}`)
  }
  try {
    const picture = encodeRle(await readMaskPng(bytes, 'its mask'))
    const corners: Point[] = [
      [left, top],
      [left + size[0], top + size[1]],
    ]
    return clipped(notEmpty({ rle: placedMask(picture, [left, top], photo), defects: [] }), corners.flat(), photo)
  } catch (error) {
    if (error instanceof AppError) return invalid(error.message.replace(/\.$/, ''))
    throw error
  }
}

const sizeText = ([width, height]: Size): string => `${width}×${height}`

const invalid = (reason: string): MaskReading => refused({ kind: 'record-invalid', action: 'refused', reason })

const wrongPoints = (type: string, n: number): MaskReading => {
  return invalid(`a ${type} has two points, this one ${n}`)
}
