import { rleFromColumns } from '#common/mask/column-runs.ts'
import { encodeRle } from '#common/mask/rle.ts'
import { numberIn } from '../decimal.ts'
import type { Size } from '../defects.ts'
import { clipped, notEmpty, readOutlines, refused, type Frame, type MaskReading } from '../outlines.ts'
import { placedMask } from '../placed-mask.ts'
import type { XmlElement } from '../xml/elements.ts'

/** Photos are not as wide; beyond that the rule for drawing outlines is not defined. */
const farthest = 2 ** 20

/**
 * The pixels of a `polygon`, an `ellipse` (those whose middle lies within) or a `mask`. Never throws for what a file
 * holds: what is wrong comes back as defects.
 */
export function readShape({ name, attributes }: XmlElement, frame: Frame): MaskReading {
  const { photo, given } = frame
  if (given !== null && (given[0] !== photo[0] || given[1] !== photo[1])) {
    return refused({ kind: 'frame-mismatch', action: 'refused', given, own: photo })
  }
  if (name === 'polygon') return polygon(attributes['points'] ?? '', frame)
  return name === 'ellipse' ? ellipse(attributes, photo) : mask(attributes, photo)
}

function polygon(points: string, frame: Frame): MaskReading {
  const ring: number[] = []
  for (const [index, point] of points.split(';').entries()) {
    const pair = point.split(',').map(numberIn)
    if (pair.length !== 2 || !pair.every((value) => Math.abs(value) <= farthest)) {
      const reason = `point ${index + 1} is no pair of usable numbers`
      return refused({ kind: 'polygon-invalid', action: 'refused', reason })
    }
    for (const value of pair) ring.push(value)
  }
  return clipped(readOutlines([ring], frame), ring, frame.photo)
}

/** Turned clockwise on the screen by `rotation` degrees around its middle. */
function ellipse(attributes: XmlElement['attributes'], photo: Size): MaskReading {
  const [cx, cy, rx, ry] = ['cx', 'cy', 'rx', 'ry'].map((key) => numberIn(attributes[key] ?? '')) as FourNumbers
  const turn = (numberIn(attributes['rotation'] ?? '0') / 180) * Math.PI
  const isUsable = [cx, cy, rx, ry].every((value) => Math.abs(value) <= farthest) && Number.isFinite(turn)
  if (!isUsable || rx <= 0 || ry <= 0) return invalid('the ellipse has no usable middle, radii and rotation')
  const [width, height] = photo
  const [c, s] = [Math.cos(turn), Math.sin(turn)]
  const a = (s / rx) ** 2 + (c / ry) ** 2
  const columns = Array.from({ length: width }, (_, x) => {
    // a·dy² + b·dy + e ≤ 0 within it, dy being the way from the middle down
    const dx = x + 0.5 - cx
    const b = 2 * dx * c * s * (1 / rx ** 2 - 1 / ry ** 2)
    const e = dx ** 2 * ((c / rx) ** 2 + (s / ry) ** 2) - 1
    const half = Math.sqrt(b ** 2 - 4 * a * e) / (2 * a)
    const middle = cy - b / (2 * a)
    const top = Math.max(0, Math.ceil(middle - half - 0.5))
    const foot = Math.min(height, Math.floor(middle + half + 0.5))
    // beside the ellipse `half` is NaN, and so are both
    return top < foot ? [top, foot] : []
  })
  const [reachX, reachY] = [Math.hypot(rx * c, ry * s), Math.hypot(rx * s, ry * c)]
  const corners = [cx - reachX, cy - reachY, cx + reachX, cy + reachY]
  return clipped(notEmpty({ rle: rleFromColumns(columns, height), defects: [] }), corners, photo)
}

type FourNumbers = [number, number, number, number]

/** Lengths of runs in its box, row by row, the first of background. */
function mask(attributes: XmlElement['attributes'], photo: Size): MaskReading {
  const [left, top, width, height] = ['left', 'top', 'width', 'height'].map((key) =>
    Math.round(numberIn(attributes[key] ?? '')),
  ) as FourNumbers
  const isPlace = [left, top].every((value) => Math.abs(value) <= farthest)
  if (!isPlace || !(width >= 1) || !(height >= 1)) return invalid('the mask has no usable left, top, width and height')
  if (width > photo[0] || height > photo[1]) {
    return invalid(`its box has ${width}×${height} pixels, the photo only ${photo[0]}×${photo[1]}`)
  }
  const data = new Uint8Array(width * height)
  let [from, value] = [0, 0]
  for (const text of (attributes['rle'] ?? '').split(',')) {
    const count = numberIn(text)
    if (!Number.isSafeInteger(count) || count < 0) return badCounts('not all are whole numbers from 0')
    const to = from + count
    if (to > data.length) return badCounts(`they add up to more than the ${data.length} pixels of its box`)
    data.fill(value, from, to)
    ;[from, value] = [to, 1 - value]
  }
  if (from !== data.length) return badCounts(`they add up to ${from}, its box has ${data.length} pixels`)
  const rle = placedMask(encodeRle({ width, height, data }), [left, top], photo)
  return clipped(notEmpty({ rle, defects: [] }), [left, top, left + width, top + height], photo)
}

const invalid = (reason: string): MaskReading => refused({ kind: 'record-invalid', action: 'refused', reason })
const badCounts = (reason: string): MaskReading => refused({ kind: 'rle-counts', action: 'refused', reason })
