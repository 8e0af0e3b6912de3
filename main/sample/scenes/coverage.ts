/** How much of each pixel of a part of the canvas a shape covers, 0 … 1. A buffer that is used again and again. */
interface Coverage {
  /** The part's top left pixel; may lie outside the canvas. */
  left: number
  top: number
  width: number
  height: number
  /** Row-major, `width` values a row; longer than needed. */
  share: Float32Array
  /** The first column of each row that may be covered, and the one after the last. */
  first: Int32Array
  end: Int32Array
}

/** Buffers for `cover` and `blurCoverage`; grown as needed. */
export function emptyCoverage(): Coverage {
  const buffers = { share: new Float32Array(1 << 14), first: new Int32Array(1 << 9), end: new Int32Array(1 << 9) }
  return { left: 0, top: 0, width: 0, height: 0, ...buffers }
}

let sums = new Float64Array(1 << 14)

/**
 * Exact areas of a polygon's pixels. Parts that the polygon covers twice count once; what it runs around in both
 * senses cancels.
 * @param points x0, y0, x1, y1, … on the canvas; pixel (0, 0) is 0 … 1 wide and high
 * @param into its left, top, width and height say which part of the canvas is wanted
 * @see the accumulation buffer of Levien's font-rs (the method; this is an implementation of its own)
 */
export function cover(points: Float64Array, nPoints: number, into: Coverage): void {
  const { left, top, width, height } = into
  makeRoom(into)
  let x0 = points[2 * nPoints - 2]! - left
  let y0 = points[2 * nPoints - 1]! - top
  for (let i = 0; i < nPoints; i++) {
    const x1 = points[2 * i]! - left
    const y1 = points[2 * i + 1]! - top
    if (y0 < y1) addEdge(into, 1, x0, y0, x1, y1)
    else if (y0 > y1) addEdge(into, -1, x1, y1, x0, y0)
    x0 = x1
    y0 = y1
  }
  const { share, first, end } = into
  for (let y = 0; y < height; y++) {
    const row = y * (width + 2)
    let sum = 0
    for (let x = first[y]!; x < end[y]!; x++) {
      sum += sums[row + x]!
      sums[row + x] = 0
      const area = sum < 0 ? -sum : sum
      if (x < width) share[y * width + x] = area > 1 ? 1 : area < 1e-6 ? 0 : area
    }
    if (end[y]! > width) end[y] = width
  }
}

/** The buffer of sums is all zero between calls: whoever reads it clears it. */
function makeRoom(into: Coverage): void {
  const { width, height } = into
  if (sums.length < (width + 2) * height) sums = new Float64Array(2 * (width + 2) * height)
  if (into.share.length < width * height) into.share = new Float32Array(2 * width * height)
  if (into.first.length < height) {
    into.first = new Int32Array(2 * height)
    into.end = new Int32Array(2 * height)
  }
  into.share.fill(0, 0, width * height)
  into.first.fill(width, 0, height)
  into.end.fill(0, 0, height)
}

/** An edge that goes down from x0, y0 to x1, y1: what the sums of the rows that it crosses gain. */
function addEdge(into: Coverage, sense: number, x0: number, y0: number, x1: number, y1: number): void {
  // no area to speak of, and the slope might overflow
  if (y1 - y0 < 1e-9) return
  const { height } = into
  const slope = (x1 - x0) / (y1 - y0)
  const lastRow = y1 < height ? Math.ceil(y1) : height
  for (let y = y0 > 0 ? Math.floor(y0) : 0; y < lastRow; y++) {
    const from = y0 > y ? y0 : y
    const to = y1 < y + 1 ? y1 : y + 1
    const a = x0 + (from - y0) * slope
    const b = x0 + (to - y0) * slope
    addPiece(into, y, a < b ? a : b, a < b ? b : a, sense * (to - from))
  }
}

/** A piece of an edge within row y: what is left of the part counts for its first column, what is right for none. */
function addPiece({ width, first, end }: Coverage, y: number, low: number, high: number, drop: number): void {
  const row = y * (width + 2)
  if (low >= width) {
    if (end[y]! < width) end[y] = width
    return
  }
  if (low < 0) {
    const outside = high <= 0 ? 1 : low / (low - high)
    sums[row]! += drop * outside
    first[y] = 0
    if (end[y] === 0) end[y] = 1
    if (high <= 0) return
    drop *= 1 - outside
    low = 0
  }
  if (high > width) {
    drop *= (width - low) / (high - low)
    high = width
  }
  const column = Math.floor(low)
  const beyond = Math.ceil(high) + 1
  if (column < first[y]!) first[y] = column
  if (beyond > end[y]!) end[y] = beyond
  addSpan(row, low, high, drop)
}

/** A piece of an edge within one row, from column low to column high, `drop` rows high with its sense as sign. */
function addSpan(row: number, low: number, high: number, drop: number): void {
  const first = Math.floor(low)
  const end = Math.ceil(high)
  if (end <= first + 1) {
    const right = drop * ((low + high) / 2 - first)
    sums[row + first]! += drop - right
    sums[row + first + 1]! += right
    return
  }
  const perColumn = drop / (high - low)
  let handedOn = 0
  for (let x = first; x < end; x++) {
    const from = low > x ? low : x
    const to = high < x + 1 ? high : x + 1
    const here = perColumn * (to - from)
    const area = here * (x + 1 - (from + to) / 2)
    sums[row + x]! += area + handedOn
    handedOn = here - area
  }
  sums[row + end]! += handedOn
}

let sliding = new Float64Array(1 << 10)
let between = new Float32Array(1 << 14)

/** Blurs with a box of 2·radius + 1 pixels, twice in each direction; outside is 0. */
export function blurCoverage(from: Coverage, radius: number, into: Coverage): void {
  const { left, top, width, height } = from
  if (into.share.length < width * height) into.share = new Float32Array(2 * width * height)
  Object.assign(into, { left, top, width, height })
  blur(from.share, into.share, { width, height, radius })
}

/** An image of one value a pixel, blurred with a box of 2·radius + 1 pixels, twice in each direction; outside is 0. */
export function blurImage(values: Float32Array, width: number, radius: number): Float32Array {
  const out = new Float32Array(values.length)
  blur(values, out, { width, height: values.length / width, radius })
  return out
}

interface Box {
  readonly width: number
  readonly height: number
  readonly radius: number
}

function blur(from: Float32Array, to: Float32Array, box: Box): void {
  if (between.length < box.width * box.height) between = new Float32Array(2 * box.width * box.height)
  if (sliding.length < box.width) sliding = new Float64Array(2 * box.width)
  blurRows(from, between, box)
  blurRows(between, to, box)
  blurColumns(to, between, box)
  blurColumns(between, to, box)
}

function blurRows(from: Float32Array, to: Float32Array, { width, height, radius }: Box): void {
  const scale = 1 / (2 * radius + 1)
  for (let start = 0; start < width * height; start += width) {
    let sum = 0
    for (let x = 0; x < radius && x < width; x++) sum += from[start + x]!
    for (let x = 0; x < width; x++) {
      if (x + radius < width) sum += from[start + x + radius]!
      if (x > radius) sum -= from[start + x - radius - 1]!
      to[start + x] = sum * scale
    }
  }
}

/** All columns at once, row by row: memory is read in the order in which it lies. */
function blurColumns(from: Float32Array, to: Float32Array, { width, height, radius }: Box): void {
  const scale = 1 / (2 * radius + 1)
  sliding.fill(0, 0, width)
  for (let y = 0; y < radius && y < height; y++) {
    for (let x = 0; x < width; x++) sliding[x]! += from[y * width + x]!
  }
  for (let y = 0; y < height; y++) {
    const start = y * width
    const entering = y + radius < height ? start + radius * width : -1
    const leaving = y > radius ? start - (radius + 1) * width : -1
    for (let x = 0; x < width; x++) {
      let sum = sliding[x]!
      if (entering >= 0) sum += from[entering + x]!
      if (leaving >= 0) sum -= from[leaving + x]!
      sliding[x] = sum
      to[start + x] = sum * scale
    }
  }
}
