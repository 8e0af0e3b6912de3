import type { Bitmap } from './bitmap.ts'

/** One closed path along pixel edges, with the object on its right hand. */
interface Path {
  /** x0, y0, x1, y1, …: corners of pixels where the path turns. */
  readonly points: number[]
  /** Clockwise as seen on the screen; a path around a hole runs the other way. */
  readonly isOuter: boolean
  /** The object pixel (its index) to the left of the path's leftmost edge, for a path around a hole. */
  readonly leftOf: number
}

/** Most comparisons of corners that are made to find a short bridge to a hole. */
const bridgeBudget = 1e7

const right = 0
const down = 1
const left = 2
const up = 3
const stepX = [1, 0, -1, 0] as const
const stepY = [0, 1, 0, -1] as const

/**
 * The outline of a mask along the edges of its pixels: one ring for each part, parts touching at a side (4-connected).
 * A hole is reached from its part's ring by a bridge that is walked there and back, so that it is in the same ring:
 * COCO unites the rings of an object and could not tell a ring of its own from another part. `rasterisePolygons` gives
 * back the same mask; so does any fill by the even-odd or the winding rule.
 * @returns rings x0, y0, x1, y1, … in whole pixels, (0, 0) = the image's top left corner, not closed by a repeated
 *   point; by the part's first pixel in row-major order; empty for an empty mask
 */
export function outlineRings(bitmap: Bitmap): number[][] {
  const { paths, pathLeftOf } = tracePaths(bitmap)
  const around = Int32Array.from(paths, ({ isOuter }, i) => (isOuter ? i : -1))
  const holes = new Map<number, Path[]>()
  for (const [i, path] of paths.entries()) {
    if (path.isOuter) continue
    // each path met on the way left begins further left, so this ends at an outer one
    const met = [i]
    while (around[met.at(-1)!] === -1) met.push(pathLeftOf[runStart(bitmap, paths[met.at(-1)!]!.leftOf)]!)
    const outer = around[met.at(-1)!]!
    for (const hole of met) around[hole] = outer
    addTo(holes, outer, path)
  }
  return paths.flatMap(({ isOuter, points }, i) => (isOuter ? [withHoles(points, holes.get(i) ?? [])] : []))
}

/** All paths, by their first pixel; and for each pixel with background to its left, which path runs there. */
function tracePaths(bitmap: Bitmap): { paths: Path[]; pathLeftOf: Int32Array } {
  const { width, height, data } = bitmap
  const paths: Path[] = []
  const pathLeftOf = new Int32Array(data.length)
  const isTopWalked = new Uint8Array(data.length)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const pixel = y * width + x
      if (data[pixel] === 0 || isTopWalked[pixel] === 1 || (y > 0 && data[pixel - width] !== 0)) continue
      paths.push(walkPath(bitmap, { x, y, number: paths.length, pathLeftOf, isTopWalked }))
    }
  }
  return { paths, pathLeftOf }
}

/** Walks one path from the top left corner of pixel x, y, along its top edge first. */
function walkPath(
  bitmap: Bitmap,
  start: {
    readonly x: number
    readonly y: number
    readonly number: number
    readonly pathLeftOf: Int32Array
    readonly isTopWalked: Uint8Array
  },
): Path {
  const { width } = bitmap
  const points: number[] = []
  let { x, y } = start
  let heading = right
  let [twiceArea, leftmost, leftOf] = [0, Infinity, 0]
  do {
    if (heading === right) start.isTopWalked[y * width + x] = 1
    else if (heading === up) start.pathLeftOf[(y - 1) * width + x] = start.number
    else if (heading === down && x < leftmost) [leftmost, leftOf] = [x, y * width + x - 1]
    const [fromX, fromY] = [x, y]
    x += stepX[heading]!
    y += stepY[heading]!
    twiceArea += fromX * y - x * fromY
    const next = nextHeading(bitmap, { x, y, heading })
    if (next !== heading) points.push(x, y)
    heading = next
  } while (x !== start.x || y !== start.y || heading !== right)
  return { points, isOuter: twiceArea > 0, leftOf }
}

/** Turns right where the pixel ahead on the right is background: pixels that touch at a corner only stay apart. */
function nextHeading(bitmap: Bitmap, at: { readonly x: number; readonly y: number; readonly heading: number }): number {
  const { x, y, heading } = at
  // the pixel whose corner lies behind it: right of the way is (0, 0), (−1, 0), (−1, −1), (0, −1) by heading
  const aheadRight = isObject(bitmap, x - (heading === down || heading === left ? 1 : 0), y - (heading >= left ? 1 : 0))
  if (!aheadRight) return (heading + 1) % 4
  const aheadLeft = isObject(
    bitmap,
    x - (heading === left || heading === up ? 1 : 0),
    y - (heading === right || heading === up ? 1 : 0),
  )
  return aheadLeft ? (heading + 3) % 4 : heading
}

function isObject({ width, height, data }: Bitmap, x: number, y: number): boolean {
  return x >= 0 && y >= 0 && x < width && y < height && data[y * width + x] !== 0
}

/** The first object pixel of the run in a row that ends with or goes through `pixel`. */
function runStart({ width, data }: Bitmap, pixel: number): number {
  while (pixel % width > 0 && data[pixel - 1] !== 0) pixel--
  return pixel
}

/** Puts each hole into the ring at the corner nearest to the hole's first one: there, around, back. */
function withHoles(ring: readonly number[], holes: readonly Path[]): number[] {
  if (holes.length === 0) return [...ring]
  const detours = new Map<number, Path[]>()
  const every = 2 * Math.ceil((holes.length * ring.length) / 2 / bridgeBudget)
  for (const hole of holes) {
    const at = nearestCorner(ring, hole.points, every)
    addTo(detours, at, hole)
  }
  const out: number[] = []
  for (let i = 0; i < ring.length; i += 2) {
    const [x, y] = [ring[i]!, ring[i + 1]!]
    out.push(x, y)
    for (const { points } of detours.get(i) ?? []) {
      for (const value of points) out.push(value)
      out.push(points[0]!, points[1]!, x, y)
    }
  }
  return out
}

function nearestCorner(ring: readonly number[], [x, y]: readonly number[], every: number): number {
  let [best, distance] = [0, Infinity]
  for (let i = 0; i < ring.length; i += every) {
    const here = Math.abs(ring[i]! - x!) + Math.abs(ring[i + 1]! - y!)
    if (here < distance) [best, distance] = [i, here]
  }
  return best
}

function addTo(lists: Map<number, Path[]>, key: number, path: Path): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [path])
  else list.push(path)
}
