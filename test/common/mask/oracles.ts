/** The obvious, slow versions of what common/mask does quickly. */
import { emptyBitmap, type Bitmap } from '#common/mask/bitmap.ts'
import type { Box, Rle } from '#common/mask/rle.ts'
import type { PixelRectangle } from '#common/mask/rectangle.ts'

export function naiveEncode({ width, height, data }: Bitmap): Rle {
  const counts: number[] = []
  let run = 0
  let value = 0
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) {
      if (data[y * width + x] !== value) {
        counts.push(run)
        run = 0
        value = 1 - value
      }
      run++
    }
  }
  counts.push(run)
  return { width, height, counts: Uint32Array.from(counts) }
}

export function naiveDecode({ width, height, counts }: Rle): Bitmap {
  const bitmap = emptyBitmap(width, height)
  let place = 0
  counts.forEach((count, i) => {
    for (let k = 0; k < count; k++, place++) {
      bitmap.data[(place % height) * width + Math.floor(place / height)] = i % 2
    }
  })
  return bitmap
}

export function naiveArea({ data }: Bitmap): number {
  let area = 0
  for (const pixel of data) area += pixel
  return area
}

export function naiveBbox({ width, height, data }: Bitmap): Box {
  let [left, right, top, bottom] = [Infinity, -1, Infinity, -1]
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (data[y * width + x] === 0) continue
      left = Math.min(left, x)
      right = Math.max(right, x)
      top = Math.min(top, y)
      bottom = Math.max(bottom, y)
    }
  }
  return right < 0 ? [0, 0, 0, 0] : [left, top, right - left + 1, bottom - top + 1]
}

/** Applies a rule to every pixel of two masks. */
export function pixelwise(a: Bitmap, b: Bitmap, rule: (a: number, b: number) => number): Bitmap {
  return { width: a.width, height: a.height, data: a.data.map((pixel, i) => rule(pixel, b.data[i]!)) }
}

/** n times: a pixel stays if all nine around it are object; outside is background. */
export function naiveErode(mask: Bitmap, times: number): Bitmap {
  const { width, height } = mask
  let data = mask.data
  for (let i = 0; i < times; i++) {
    const before = data
    const at = (x: number, y: number) => (x < 0 || y < 0 || x >= width || y >= height ? 0 : before[y * width + x]!)
    data = before.map((_, place) => {
      const [x, y] = [place % width, Math.floor(place / width)]
      const around = [-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dx) => at(x + dx, y + dy)))
      return around.every((pixel) => pixel === 1) ? 1 : 0
    })
  }
  return { width, height, data }
}

/** Flood fill: objects by eight neighbours; holes by four, those that never meet the border. */
export function naiveParts({ width, height, data }: Bitmap): { parts: number; holes: number } {
  const seen = new Uint8Array(data.length)
  const found = { parts: 0, holes: 0 }
  for (let start = 0; start < data.length; start++) {
    if (seen[start] === 1) continue
    const value = data[start]!
    const stack = [start]
    let meetsBorder = false
    seen[start] = 1
    while (stack.length > 0) {
      const place = stack.pop()!
      const [x, y] = [place % width, Math.floor(place / width)]
      meetsBorder ||= x === 0 || y === 0 || x === width - 1 || y === height - 1
      for (let dy = -1; dy <= 1; dy++) {
        for (let dx = -1; dx <= 1; dx++) {
          if (value === 0 && dx !== 0 && dy !== 0) continue
          if (x + dx < 0 || y + dy < 0 || x + dx >= width || y + dy >= height) continue
          const next = (y + dy) * width + x + dx
          if (seen[next] === 1 || data[next] !== value) continue
          seen[next] = 1
          stack.push(next)
        }
      }
    }
    if (value === 1) found.parts++
    else if (!meetsBorder) found.holes++
  }
  return found
}

/** Share of each cell that object pixels cover, by cutting every cell with every pixel. */
export function naiveCover(
  { width, data }: Bitmap,
  grid: { width: number; height: number },
  { x: left, y: top, width: sourceWidth, height: sourceHeight }: PixelRectangle,
): number[] {
  const shared = (pixel: number, cell: number, nPixels: number, nCells: number) =>
    Math.max(0, Math.min(pixel + 1, ((cell + 1) * nPixels) / nCells) - Math.max(pixel, (cell * nPixels) / nCells))
  const cells: number[] = []
  for (let cellY = 0; cellY < grid.height; cellY++) {
    for (let cellX = 0; cellX < grid.width; cellX++) {
      let covered = 0
      for (let y = 0; y < sourceHeight; y++) {
        for (let x = 0; x < sourceWidth; x++) {
          if (data[(top + y) * width + left + x] === 0) continue
          covered += shared(x, cellX, sourceWidth, grid.width) * shared(y, cellY, sourceHeight, grid.height)
        }
      }
      cells.push(covered / ((sourceWidth / grid.width) * (sourceHeight / grid.height)))
    }
  }
  return cells
}

/**
 * The grey values behind the authors' rule: scikit-image's `resize` of a 0/255 mask, step by step (Gaussian down the
 * rows, then along the columns, then linear interpolation), clipped to the mask's own range.
 */
export function naiveGreyResize(mask: Bitmap, grid: { width: number; height: number }): Float64Array {
  const { width, height } = mask
  const blurredDown = blurLines(Float64Array.from(mask.data), height, width, grid.height)
  const blurred = transpose(blurLines(transpose(blurredDown, height, width), width, height, grid.width), width, height)
  const down = Array.from({ length: grid.height }, (_, cell) => interpolation(cell, height, grid.height))
  const across = Array.from({ length: grid.width }, (_, cell) => interpolation(cell, width, grid.width))
  const grey = new Float64Array(grid.width * grid.height)
  down.forEach((rows, cellY) => {
    across.forEach((columns, cellX) => {
      let sum = 0
      for (const row of rows) {
        for (const column of columns) {
          sum += blurred[row.index * width + column.index]! * row.weight * column.weight
        }
      }
      grey[cellY * grid.width + cellX] = sum
    })
  })
  const lowest = mask.data.reduce((a, b) => Math.min(a, b), 1)
  const highest = mask.data.reduce((a, b) => Math.max(a, b), 0)
  return grey.map((value) => Math.min(Math.max(value, lowest), highest))
}

function transpose(values: Float64Array, height: number, width: number): Float64Array {
  const turned = new Float64Array(values.length)
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) turned[x * height + y] = values[y * width + x]!
  return turned
}

/** Blurs along the first axis of [length × across] with the anti-aliasing Gaussian that suits `nCells`. */
function blurLines(values: Float64Array, length: number, across: number, nCells: number): Float64Array {
  const sigma = Math.max(0, (length / nCells - 1) / 2)
  if (sigma === 0) return values
  const radius = Math.floor(4 * sigma + 0.5)
  const bell = Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp((-0.5 / sigma ** 2) * (i - radius) ** 2))
  const total = bell.reduce((a, b) => a + b, 0)
  const blurred = new Float64Array(values.length)
  for (let line = 0; line < length; line++) {
    bell.forEach((weight, i) => {
      const from = mirrored(line + i - radius, length)
      for (let k = 0; k < across; k++) blurred[line * across + k]! += (weight / total) * values[from * across + k]!
    })
  }
  return blurred
}

/** Index after reflecting at the middle of the first and last pixel as often as needed. */
function mirrored(index: number, length: number): number {
  let inside = index
  while (length > 1 && (inside < 0 || inside >= length)) inside = inside < 0 ? -inside : 2 * (length - 1) - inside
  return length > 1 ? inside : 0
}

function interpolation(cell: number, nPixels: number, nCells: number): { index: number; weight: number }[] {
  const end = nPixels - 1
  let at = nPixels === 1 ? 0 : (cell + 0.5) * (nPixels / nCells) - 0.5
  if (at < 0) at = -at
  if (at > end) at = 2 * end - at
  const below = Math.floor(at)
  const weight = 1 - (at - below)
  return [
    { index: below, weight },
    { index: mirrored(below + 1, nPixels), weight: 1 - weight },
  ]
}

/** COCO's polygon rule as one would draw it by hand: every point of the outline on the five times finer grid. */
export function naivePolygon(ring: readonly number[], width: number, height: number): Bitmap {
  const fine = ring.map((value) => Math.trunc(5 * value + 0.5))
  const path: [number, number][] = []
  for (let i = 0; i < fine.length; i += 2) {
    const next = (i + 2) % fine.length
    path.push(...pointsOfEdge([fine[i]!, fine[i + 1]!], [fine[next]!, fine[next + 1]!]))
  }
  const flips = new Uint8Array(width * height + 1)
  for (let i = 1; i < path.length; i++) {
    const [[x, y], [beforeX, beforeY]] = [path[i]!, path[i - 1]!]
    if (x === beforeX) continue
    const column = (Math.min(x, x < beforeX ? x : x - 1) + 0.5) / 5 - 0.5
    if (!Number.isInteger(column) || column < 0 || column > width - 1) continue
    const row = Math.ceil(Math.min(Math.max((Math.min(y, beforeY) + 0.5) / 5 - 0.5, 0), height))
    flips[column * height + row]! ^= 1
  }
  const bitmap = emptyBitmap(width, height)
  let value = 0
  for (let place = 0; place < width * height; place++) {
    value ^= flips[place]!
    bitmap.data[(place % height) * width + Math.floor(place / height)] = value
  }
  return bitmap
}

function pointsOfEdge(from: [number, number], to: [number, number]): [number, number][] {
  const [dx, dy] = [Math.abs(to[0] - from[0]), Math.abs(to[1] - from[1])]
  const axis = dx >= dy ? 0 : 1
  const isBackward = from[axis] > to[axis]
  const [start, end] = isBackward ? [to, from] : [from, to]
  const length = Math.max(dx, dy)
  const slope = length === 0 ? 0 : (end[1 - axis]! - start[1 - axis]!) / length
  const points = Array.from({ length: length + 1 }, (_, t): [number, number] => {
    const along = start[axis] + t
    const beside = Math.trunc(start[1 - axis]! + slope * t + 0.5)
    return axis === 0 ? [along, beside] : [beside, along]
  })
  return isBackward ? points.reverse() : points
}
