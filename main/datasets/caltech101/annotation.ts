import { rleBbox, type Box } from '#common/mask/rle.ts'
import type { MatVariables } from '#main/files/matlab.ts'
import type { JsonObject } from '../dataset.ts'
import type { PlacelessDefect, Size } from '../defects.ts'
import { readOutlines, type MaskReading } from '../outlines.ts'

/** What became of an annotation: a mask with at least one pixel and what it was made of, or none; what was wrong. */
export interface OutlineReading extends MaskReading {
  /** The numbers of the file, `box_coord` and `obj_contour`, and the outline in pixels, as COCO's `segmentation`. */
  readonly source: JsonObject
}

/**
 * MATLAB numbers pixels from 1 and puts whole numbers into their middles: a photo reaches from 0.5 to its width + 0.5
 * there, which is where the smallest coordinates of the dataset lie (0.48). Here it reaches from 0 to its width.
 */
const matlabEdge = 0.5

/** The boxes were drawn by hand, around the object with some room: 99 % of them share at least this with the mask's own. */
const minBoxShare = 0.75

/**
 * Draws the outline of an annotation: `obj_contour`, two rows x and y from the box's top left corner; `box_coord` = top,
 * bottom, left, right. (The authors' `show_annotation.m` adds left to x and top to y and plots that on the photo.) Never
 * throws for what a file holds: what is wrong comes back as defects.
 * @param photo the photo's size; what lies outside of it is cut off
 */
export function readOutline(variables: MatVariables, photo: Size): OutlineReading {
  const box = numbersIn(variables, 'box_coord')
  if (typeof box === 'string') return refused(box)
  const contour = numbersIn(variables, 'obj_contour')
  if (typeof contour === 'string') return refused(contour)
  const [top, bottom, left, right] = box.data
  if (box.data.length !== 4 || !box.data.every(Number.isFinite) || !(top! <= bottom!) || !(left! <= right!)) {
    return refused('box_coord is not top, bottom, left and right of a box')
  }
  if (contour.shape.length !== 2 || contour.shape[0] !== 2) {
    return refused(`obj_contour has ${contour.shape.join('×')} numbers, not two rows x and y`)
  }
  // first axis fastest: x0, y0, x1, y1, …
  const ring = contour.data.map((value, i) => value + (i % 2 === 0 ? left! : top!) - matlabEdge)
  const [xs, ys] = [0, 1].map((axis) => contour.data.filter((_, i) => i % 2 === axis))
  const source = { box_coord: box.data, obj_contour: [xs, ys], segmentation: [ring] }
  const { rle, defects } = readOutlines([ring], { photo, given: null })
  if (rle === null) return { rle, defects, source }
  const given = [left! - matlabEdge, top! - matlabEdge, right! - left!, bottom! - top!] as const
  const more = [...outside(ring, photo), ...mismatch(given, rleBbox(rle))]
  return { rle, defects: [...defects, ...more], source }
}

/** The numbers of a variable in the order of the file, or what is wrong with it. */
function numbersIn(
  variables: MatVariables,
  name: string,
): { readonly shape: readonly number[]; readonly data: readonly number[] } | string {
  const variable = variables.get(name)
  if (variable === undefined) return `there is no ${name}`
  if (variable.kind !== 'numeric' || variable.imaginary !== null) return `${name} holds no real numbers`
  return { shape: variable.shape, data: Array.from(variable.data) }
}

/** By how many pixels the outline leaves the photo, where it does. */
function outside(ring: readonly number[], photo: Size): PlacelessDefect[] {
  let pixels = 0
  for (let i = 0; i < ring.length; i++) pixels = Math.max(pixels, -ring[i]!, ring[i]! - photo[i % 2]!)
  return pixels > 0 ? [{ kind: 'outside-photo', action: 'repaired', pixels }] : []
}

function mismatch(given: Box, own: Box): PlacelessDefect[] {
  const width = Math.min(given[0] + given[2], own[0] + own[2]) - Math.max(given[0], own[0])
  const height = Math.min(given[1] + given[3], own[1] + own[3]) - Math.max(given[1], own[1])
  const shared = Math.max(width, 0) * Math.max(height, 0)
  const united = given[2] * given[3] + own[2] * own[3] - shared
  return shared >= minBoxShare * united ? [] : [{ kind: 'bbox-mismatch', action: 'repaired', given, own }]
}

function refused(reason: string): OutlineReading {
  return { rle: null, defects: [{ kind: 'record-invalid', action: 'refused', reason }], source: {} }
}
