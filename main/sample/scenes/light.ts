import type { Canvas } from './canvas.ts'
import type { Colour } from './colour.ts'
import { blurImage } from './coverage.ts'
import { castShadows } from './shadows.ts'

/** The light of a scene: a sun and the sky around it. */
export interface Light {
  /** Towards the sun on the picture, a unit vector. */
  readonly x: number
  readonly y: number
  /** Tangent of the sun's height above the horizon. */
  readonly slope: number
  readonly sun: Colour
  readonly sky: Colour
}

/** Beyond this slope a wall looks no steeper: the edges of things are cliffs of one pixel's width. */
const steepest = 1.6

/** How a pixel takes the light. One object for all pixels. */
const surface = { toSun: 0, up: 0 }

/**
 * Turns the canvas's colours into the light that comes back from each pixel: sun with shadows and glints, sky where it
 * is not closed off.
 * @param options.unit pixels a scene unit; shadows and their softness scale with it
 * @param options.dapples how much of the sun comes through to each pixel, 0 … 1; null: all of it
 * @returns the canvas's own colour buffer: three linear values a pixel, about 0 … 1, more where it glints
 */
export function illuminate(
  canvas: Canvas,
  light: Light,
  { unit, dapples }: { readonly unit: number; readonly dapples: Float32Array | null },
): Float32Array {
  const open = openness(canvas, unit)
  const lit = castShadows(canvas, light, unit)
  const { width, height, colour, gloss } = canvas
  const flatness = 1 / Math.sqrt(1 + light.slope * light.slope)
  const towards = { x: light.x * flatness, y: light.y * flatness, z: light.slope * flatness }
  // halfway between the sun and the camera above
  const half = 1 / Math.sqrt(2 + 2 * towards.z)
  const { sun, sky } = light
  for (let y = 0, pixel = 0; y < height; y++) {
    for (let x = 0; x < width; x++, pixel++) {
      turnSurface(canvas, x, y, towards)
      const { toSun, up } = surface
      const sunny = dapples === null ? lit[pixel]! : lit[pixel]! * dapples[pixel]!
      const facing = toSun > 0 ? toSun * sunny : 0
      const ambient = (0.3 + 0.7 * up) * open[pixel]!
      const shine = gloss[pixel]! * sunny * glint(toSun + up > 0 ? (toSun + up) * half : 0)
      const mirror = gloss[pixel]! * open[pixel]! * (0.02 + 0.4 * (1 - up) * (1 - up))
      const at = 3 * pixel
      colour[at] = colour[at]! * (sun.red * facing + sky.red * ambient) + sun.red * shine + sky.red * mirror
      colour[at + 1] =
        colour[at + 1]! * (sun.green * facing + sky.green * ambient) + sun.green * shine + sky.green * mirror
      colour[at + 2] = colour[at + 2]! * (sun.blue * facing + sky.blue * ambient) + sun.blue * shine + sky.blue * mirror
    }
  }
  return colour
}

/** A sharp highlight and a wide one, by the cosine between surface and halfway vector (Blinn). */
function glint(cosine: number): number {
  const power4 = cosine * cosine * cosine * cosine
  const power16 = power4 * power4 * power4 * power4
  return 0.22 * power16 + 1.1 * power16 * power16 * power16 * power16
}

/** Finds which way a pixel faces (Sobel's slopes): the cosines of its angles to the sun and to the camera. */
function turnSurface(
  { elevation, width, height }: Canvas,
  x: number,
  y: number,
  sun: { readonly x: number; readonly y: number; readonly z: number },
): void {
  const pixel = y * width + x
  const above = y > 0 ? -width : 0
  const below = y + 1 < height ? width : 0
  const left = x > 0 ? pixel - 1 : pixel
  const right = x + 1 < width ? pixel + 1 : pixel
  const falling = elevation[left + above]! - elevation[right + below]!
  const rising = elevation[right + above]! - elevation[left + below]!
  const slopeX = (2 * (elevation[right]! - elevation[left]!) + rising - falling) / 8
  const slopeY = (2 * (elevation[pixel + below]! - elevation[pixel + above]!) - falling - rising) / 8
  const square = slopeX * slopeX + slopeY * slopeY
  // the slope s flattened to s / √(1 + s² / steepest²), then the normal brought to length 1
  const flat = steepest * steepest + square
  surface.up = Math.sqrt(flat / (flat + square * steepest * steepest))
  const pull = (surface.up * steepest) / Math.sqrt(flat)
  surface.toSun = surface.up * sun.z - pull * (slopeX * sun.x + slopeY * sun.y)
}

/** How much of the sky a pixel sees, 0 … 1: less where what is around it is higher. */
function openness({ elevation, width, height }: Canvas, unit: number): Float32Array {
  const cell = 2 * unit
  const { values, columns, rows } = shrink(elevation, { width, height }, cell)
  const around = blurImage(values, columns, 2)
  const open = new Float32Array(elevation.length)
  for (let y = 0; y < height; y++) {
    const down = Math.min(Math.max((y + 0.5) / cell - 0.5, 0), rows - 1.001)
    const row = Math.floor(down) * columns
    const lower = down - Math.floor(down)
    for (let x = 0; x < width; x++) {
      const across = Math.min(Math.max((x + 0.5) / cell - 0.5, 0), columns - 1.001)
      const column = Math.floor(across)
      const right = across - column
      const at = row + column
      const a = around[at]! + (around[at + 1]! - around[at]!) * right
      const b = around[at + columns]! + (around[at + columns + 1]! - around[at + columns]!) * right
      const closed = 0.28 * (a + (b - a) * lower - elevation[y * width + x]!)
      open[y * width + x] = closed > 0 ? unit / (unit + closed) : 1
    }
  }
  return open
}

/** Means of squares of `cell` pixels; what is left over at the right and the bottom is cut off. */
function shrink(values: Float32Array, { width, height }: { width: number; height: number }, cell: number) {
  const [columns, rows] = [Math.floor(width / cell), Math.floor(height / cell)]
  const means = new Float32Array(columns * rows)
  for (let y = 0; y < rows * cell; y++) {
    const row = Math.floor(y / cell) * columns
    for (let x = 0; x < columns * cell; x++)
      means[row + Math.floor(x / cell)]! += values[y * width + x]! / (cell * cell)
  }
  return { values: means, columns, rows }
}
