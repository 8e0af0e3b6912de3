import type { Bitmap } from '#common/mask/bitmap.ts'
import type { PixelRectangle } from '#common/mask/rectangle.ts'

/** Lines between object and background; a line ends where the traced part does, or where it began. */
export interface Contours {
  /** x, y, x, y, … in image pixels */
  readonly points: Float32Array
  /** for each line the number of points up to its end */
  readonly ends: Uint32Array
}

export interface ContourOptions {
  /** looks at every 2ⁿ-th pixel each way, from the middle of its square: enough where it is below a screen pixel */
  readonly level: number
  /** along the edges of the pixels; otherwise corners are cut from middle to middle of an edge, which looks smooth */
  readonly isExact: boolean
}

/** An edge between two samples that differ. Each has a number: 2·(row of corners · stride + column) and 1 more if it lies. */
type Edge = number

/**
 * Traces the outline of a part of a mask. Outside of the image is background.
 * @param corners which corners of samples to look at (samples are pixels at level 0; there is one corner more than
 *   samples each way); parts that share no corner give lines that meet in the middle of an edge
 */
export function traceContours(mask: Bitmap, corners: PixelRectangle, { level, isExact }: ContourOptions): Contours {
  const step = 2 ** level
  const stride = Math.ceil(mask.width / step) + 2
  const links = linkEdges(mask, corners, step)
  const points: number[] = []
  const ends: number[] = []
  const follow = (start: Edge): void => {
    for (const x of followLine(links, start, stride, isExact)) points.push(x)
    ends.push(points.length / 2)
  }
  for (const [edge, [, second]] of links) if (second === -1) follow(edge)
  for (const edge of links.keys()) follow(edge)
  const scaled = Float32Array.from(points, (value, i) => Math.min(value * step, i % 2 === 0 ? mask.width : mask.height))
  return { points: scaled, ends: Uint32Array.from(ends) }
}

/** For each edge the one or two that it goes on to; −1 is none. Followed edges are taken out. */
type Links = Map<Edge, [Edge, Edge]>

/**
 * Looks at corners only where something can be: where a row of samples changes, and between changes while it differs
 * from the row above. `indexOf` finds the changes, so a row without any costs next to nothing.
 */
function linkEdges(mask: Bitmap, corners: PixelRectangle, step: number): Links {
  const links: Links = new Map()
  const [columns, rows] = [Math.ceil(mask.width / step), Math.ceil(mask.height / step)]
  const stride = columns + 2
  const right = Math.min(corners.x + corners.width, columns + 1)
  const bottom = Math.min(corners.y + corners.height, rows + 1)
  // the samples to the left and right of each corner, one more each way than there are corners
  const part = { first: corners.x - 1, length: right - corners.x + 1 }
  let [above, below] = [new Uint8Array(part.length), new Uint8Array(part.length)]
  readSamples(mask, { ...part, row: corners.y - 1, step }, above)
  for (let j = corners.y; j < bottom; j++) {
    readSamples(mask, { ...part, row: j, step }, below)
    for (let i = nextCorner(above, below, 1); i < part.length; i = nextCorner(above, below, i + 1)) {
      const kind = above[i - 1]! | (above[i]! << 1) | (below[i - 1]! << 2) | (below[i]! << 3)
      linkCorner(links, kind, 2 * (j * stride + part.first + i), stride)
    }
    ;[above, below] = [below, above]
  }
  return links
}

/** Samples of one row, from the middle of their squares; 0 outside of the image. */
function readSamples(
  { width, height, data }: Bitmap,
  { first, length, row, step }: { first: number; length: number; row: number; step: number },
  out: Uint8Array,
): void {
  out.fill(0)
  if (row < 0 || row * step >= height) return
  const half = step >> 1
  const start = Math.min(row * step + half, height - 1) * width
  if (step === 1) {
    const from = Math.max(first, 0)
    out.set(data.subarray(start + from, start + Math.min(first + length, width)), from - first)
    return
  }
  for (let i = Math.max(-first, 0); i < length && (first + i) * step < width; i++) {
    out[i] = data[start + Math.min((first + i) * step + half, width - 1)]!
  }
}

/** The first corner from `i` on at which not all four samples are the same; the length where there is none. */
function nextCorner(above: Uint8Array, below: Uint8Array, i: number): number {
  const value = above[i - 1]!
  if (value !== below[i - 1]) return i
  const other = 1 - value
  const [inAbove, inBelow] = [above.indexOf(other, i), below.indexOf(other, i)]
  return Math.min(inAbove < 0 ? above.length : inAbove, inBelow < 0 ? below.length : inBelow)
}

/** Joins the edges that meet in a corner; diagonal neighbours of the object stay apart. */
function linkCorner(links: Links, kind: number, corner: number, stride: number): void {
  const [north, south, west, east] = [corner - 2 * stride, corner, corner - 1, corner + 1]
  // one sample that is not as the others, or all but one
  if (kind === 1 || kind === 14 || kind === 9) link(links, north, west)
  if (kind === 2 || kind === 13 || kind === 6) link(links, north, east)
  if (kind === 4 || kind === 11 || kind === 6) link(links, south, west)
  if (kind === 8 || kind === 7 || kind === 9) link(links, south, east)
  // two on one side
  if (kind === 3 || kind === 12) link(links, west, east)
  if (kind === 5 || kind === 10) link(links, north, south)
}

function link(links: Links, a: Edge, b: Edge): void {
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    const known = links.get(from)
    if (known === undefined) links.set(from, [to, -1])
    else known[1] = to
  }
}

/** Walks from an edge until there is none left, leaving out points on straight stretches. */
function followLine(links: Links, start: Edge, stride: number, isExact: boolean): number[] {
  const line: number[] = []
  let before: Edge = -1
  for (let edge = start; edge !== -1;) {
    const next = links.get(edge)
    if (before !== -1 && isExact && (edge & 1) !== (before & 1)) {
      const [upright, lying] = (edge & 1) === 0 ? [edge, before] : [before, edge]
      addPoint(line, columnOf(upright, stride), rowOf(lying, stride))
    }
    addPoint(line, columnOf(edge, stride) + (edge & 1) / 2, rowOf(edge, stride) + (1 - (edge & 1)) / 2)
    links.delete(edge)
    if (next === undefined) break
    // the way back is behind us; at the start of a ring either way will do
    const onward = next[0] === before ? next[1] : next[0]
    before = edge
    edge = onward === -1 || (!links.has(onward) && onward !== start) ? -1 : onward
  }
  return line
}

function columnOf(edge: Edge, stride: number): number {
  return (edge >> 1) % stride
}

function rowOf(edge: Edge, stride: number): number {
  return Math.floor((edge >> 1) / stride)
}

function addPoint(line: number[], x: number, y: number): void {
  const n = line.length
  if (n >= 4) {
    const [ax, ay, bx, by] = [line[n - 4]!, line[n - 3]!, line[n - 2]!, line[n - 1]!]
    if ((bx - ax) * (y - by) === (by - ay) * (x - bx)) {
      line[n - 2] = x
      line[n - 1] = y
      return
    }
  }
  line.push(x, y)
}
