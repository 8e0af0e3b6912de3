import { seededRandom } from './random.ts'

const size = 256
/** One field of random values for all noise there is; scenes differ by where they look at it. */
const values = makeValues()

function makeValues(): Float32Array {
  const random = seededRandom(20210328)
  return Float32Array.from({ length: size * size }, () => random.between(-1, 1))
}

/**
 * Value noise: random values at whole coordinates, an S-shaped way between. Repeats every 256.
 * @returns −1 … 1
 */
export function noise(x: number, y: number): number {
  const left = Math.floor(x)
  const top = Math.floor(y)
  const dx = x - left
  const dy = y - top
  const sx = dx * dx * (3 - 2 * dx)
  const column = left & 255
  const next = (column + 1) & 255
  const row = (top & 255) << 8
  const below = (row + 256) & 65535
  const a = values[row | column]!
  const c = values[below | column]!
  const upper = a + (values[row | next]! - a) * sx
  return upper + (c + (values[below | next]! - c) * sx - upper) * (dy * dy * (3 - 2 * dy))
}

/**
 * Noise of several scales: each octave twice as fine and half as strong.
 * @returns about −1 … 1
 */
export function cloud(x: number, y: number, octaves: number): number {
  let sum = 0
  let weight = 1
  let total = 0
  for (let octave = 0; octave < octaves; octave++) {
    sum += weight * noise(x, y)
    total += weight
    weight /= 2
    // turned by 3-4-5 so that the grids of the octaves do not lie on each other
    const turned = 1.6 * x - 1.2 * y + 17
    y = 1.2 * x + 1.6 * y + 31
    x = turned
  }
  return (1.4 * sum) / total
}

/**
 * Independent noise of single points.
 * @returns 32 random bits by whole x, y and seed
 */
export function scatter(x: number, y: number, seed: number): number {
  let h = Math.imul(x, 0x27d4eb2d) ^ Math.imul(y, 0x165667b1) ^ seed
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

/** Independent noise of the unit squares of a plane, 0 … 1 (excluded). */
export function grain(x: number, y: number, seed: number): number {
  return (scatter(Math.floor(x), Math.floor(y), seed) >>> 0) / 2 ** 32
}

/** A function of the plane that varies slowly, known at the corners of cells. */
interface Field {
  readonly values: Float32Array
  readonly columns: number
  readonly cell: number
  readonly start: number
}

/** Evaluates a function on a grid: from −border to size + border in both directions. */
export function sampleField(
  { width, height, border, cell }: { width: number; height: number; border: number; cell: number },
  valueAt: (x: number, y: number) => number,
): Field {
  const columns = Math.ceil((width + 2 * border) / cell) + 2
  const rows = Math.ceil((height + 2 * border) / cell) + 2
  const values = new Float32Array(columns * rows)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      values[row * columns + column] = valueAt(column * cell - border, row * cell - border)
    }
  }
  return { values, columns, cell, start: -border }
}

/** The value at a point within the grid, linear between its corners. */
export function fieldAt({ values, columns, cell, start }: Field, x: number, y: number): number {
  const across = (x - start) / cell
  const down = (y - start) / cell
  const column = Math.floor(across)
  const row = Math.floor(down)
  const at = row * columns + column
  const share = across - column
  const upper = values[at]! + (values[at + 1]! - values[at]!) * share
  const lower = values[at + columns]! + (values[at + columns + 1]! - values[at + columns]!) * share
  return upper + (lower - upper) * (down - row)
}
