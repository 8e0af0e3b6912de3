import { AppError } from '../contract/errors.ts'
import { unionRle, xorRle } from './combine.ts'
import { checkSize, rleFromChanges, type Rle } from './rle.ts'

/**
 * COCO draws on a grid five times as fine, whose line 5c + 2 is the middle of pixel column c. A column's border point
 * lies where the outline steps between 5c + 2 and 5c + 3.
 */
const scale = 5
const middle = 2

/** Beyond this the reference overflows or its rounding is no longer defined; no photo is as wide. */
const farthest = 2 ** 20

/** How many border points are sorted at once, so that a hostile zigzag needs time but not memory. */
const batchSize = 2 ** 20

/** One side of a ring on the fine grid, ordered along its longer axis. */
interface Edge {
  readonly x0: number
  readonly y0: number
  readonly x1: number
  readonly y1: number
}

/**
 * Rasterises a polygon annotation, byte-exact with pycocotools (`frPyObjects` of the rings, then `merge`): inside a ring
 * by the even-odd rule, rings united. What lies outside the image is cut off.
 * @param rings each x0, y0, x1, y1, … in pixels, (0, 0) = the top left corner of the image; closed by itself
 * @returns an empty mask where there are no rings
 * @throws AppError 'polygon.format' if a ring has fewer than three points, half a point, or a coordinate that is not
 * finite or more than 2^20 pixels away; 'rle.size' if the size cannot be
 * @see cocodataset/cocoapi, common/maskApi.c, rleFrPoly (the rule; this is an implementation of its own)
 */
export function rasterisePolygons(rings: readonly ArrayLike<number>[], width: number, height: number): Rle {
  checkSize(width, height)
  rings.forEach(checkRing)
  const masks = rings.map((ring) => rasteriseRing(ring, width, height))
  return masks.length === 1 ? masks[0]! : unionRle(masks, { width, height })
}

function checkRing(ring: ArrayLike<number>, index: number): void {
  const fail = (what: string) =>
    new AppError('polygon.format', `ring ${index} of the polygon ${what}`, { data: { ring: index } })
  if (ring.length < 6) throw fail(`has ${ring.length} numbers; three points need 6`)
  if (ring.length % 2 !== 0) throw fail(`has ${ring.length} numbers, which are not pairs of x and y`)
  for (let i = 0; i < ring.length; i++) {
    const value = ring[i]!
    // said so that NaN and undefined fail too
    if (!(Math.abs(value) <= farthest)) throw fail(`has the coordinate ${value}; at most ±${farthest} pixels can be`)
  }
}

/** Room for the border points of a ring, used again for the next: most rings have few, and making room is what costs. */
let spare = new Uint32Array(4096)

function rasteriseRing(ring: ArrayLike<number>, width: number, height: number): Rle {
  let before: Rle | null = null
  let n = 0
  for (let i = 0; i < ring.length; i += 2) {
    if (n >= batchSize) {
      before = xorOf(before, rleFromBorder(spare.subarray(0, n), width, height))
      n = 0
    }
    // no edge has more points than there are columns
    if (n + width > spare.length) spare = longer(spare, n + width)
    n = addBorderPoints(edgeAt(ring, i), width, height, spare, n)
  }
  return xorOf(before, rleFromBorder(spare.subarray(0, n), width, height))
}

function longer(list: Uint32Array, atLeast: number): Uint32Array<ArrayBuffer> {
  const room = new Uint32Array(Math.max(atLeast, 2 * list.length))
  room.set(list)
  return room
}

function xorOf(before: Rle | null, rle: Rle): Rle {
  return before === null ? rle : xorRle(before, rle)
}

/** Coordinates are cut, not floored, after adding ½: negative ones round up, as in the reference. */
function edgeAt(ring: ArrayLike<number>, i: number): Edge {
  const next = (i + 2) % ring.length
  const [ax, ay] = [Math.trunc(scale * ring[i]! + 0.5), Math.trunc(scale * ring[i + 1]! + 0.5)]
  const [bx, by] = [Math.trunc(scale * ring[next]! + 0.5), Math.trunc(scale * ring[next + 1]! + 0.5)]
  const isFlat = Math.abs(bx - ax) >= Math.abs(by - ay)
  const isBackward = isFlat ? ax > bx : ay > by
  return isBackward ? { x0: bx, y0: by, x1: ax, y1: ay } : { x0: ax, y0: ay, x1: bx, y1: by }
}

/** Writes one position (column-major) for each pixel column whose middle the edge crosses; returns the new length. */
function addBorderPoints(edge: Edge, width: number, height: number, points: Uint32Array, n: number): number {
  const crossing = Math.abs(edge.x1 - edge.x0) >= Math.abs(edge.y1 - edge.y0) ? flatCrossing : steepCrossing
  const left = Math.min(edge.x0, edge.x1)
  const right = Math.max(edge.x0, edge.x1)
  const last = Math.min(width - 1, Math.floor((right - middle - 1) / scale))
  for (let column = Math.max(0, Math.ceil((left - middle) / scale)); column <= last; column++) {
    const y = (crossing(edge, column * scale + middle) + 0.5) / scale - 0.5
    points[n++] = column * height + Math.ceil(Math.min(Math.max(y, 0), height))
  }
  return n
}

/** Fine-grid y, the smaller of the two, of an edge wider than high at its points above x and x + 1. */
function flatCrossing({ x0, y0, x1, y1 }: Edge, x: number): number {
  const slope = (y1 - y0) / (x1 - x0)
  const here = Math.trunc(y0 + slope * (x - x0) + 0.5)
  const next = Math.trunc(y0 + slope * (x + 1 - x0) + 0.5)
  return Math.min(here, next)
}

/**
 * Fine-grid y of the last point before an edge higher than wide steps between x and x + 1. The estimate from the
 * equation is corrected by the rounding that the reference does at every point.
 */
function steepCrossing({ x0, y0, x1, y1 }: Edge, x: number): number {
  const slope = (x1 - x0) / (y1 - y0)
  const hasStepped = (t: number) => {
    const there = Math.trunc(x0 + slope * t + 0.5)
    return slope > 0 ? there > x : there <= x
  }
  let t = Math.max(1, Math.ceil((x + 0.5 - x0) / slope))
  while (t > 1 && hasStepped(t - 1)) t--
  while (!hasStepped(t)) t++
  return y0 + t - 1
}

/** The pixels between odd and even border points; points that coincide cancel, as do those behind the last pixel. */
function rleFromBorder(border: Uint32Array, width: number, height: number): Rle {
  const points = sortedByColumn(border, width, height)
  let n = 0
  for (let i = 0; i < points.length; i++) {
    if (points[i] === points[i + 1]) i++
    else if (points[i]! < width * height) points[n++] = points[i]!
  }
  return rleFromChanges(points.subarray(0, n), width, height)
}

/** Points of a column up to which they are sorted by moving each to its place. */
const fewInColumn = 32
let spareSorted = new Uint32Array(4096)
let spareEnds = new Uint32Array(1024)

/** Border points in their order: column by column, most of which have two. Quicker than sorting them all. */
function sortedByColumn(points: Uint32Array, width: number, height: number): Uint32Array {
  const n = points.length
  if (height === 0) return points.sort()
  if (spareSorted.length < n) spareSorted = longer(spareSorted, n)
  if (spareEnds.length < width + 1) spareEnds = longer(spareEnds, width + 1)
  const [sorted, ends] = [spareSorted, spareEnds]
  ends.fill(0, 0, width + 1)
  // a point below a column is the first of the next
  for (let i = 0; i < n; i++) ends[Math.floor(points[i]! / height)]!++
  let most = 0
  for (let x = 0, end = 0; x <= width; x++) {
    const count = ends[x]!
    most = Math.max(most, count)
    ends[x] = end
    end += count
  }
  if (most > fewInColumn) return points.sort()
  for (let i = 0; i < n; i++) {
    const point = points[i]!
    sorted[ends[Math.floor(point / height)]!++] = point
  }
  for (let i = 1; i < n; i++) {
    const point = sorted[i]!
    let at = i
    for (; at > 0 && sorted[at - 1]! > point; at--) sorted[at] = sorted[at - 1]!
    sorted[at] = point
  }
  return sorted.subarray(0, n)
}
