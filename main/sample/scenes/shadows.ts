import type { Canvas } from './canvas.ts'

/** Where the sun stands; see `Light`. */
interface Sun {
  readonly x: number
  readonly y: number
  readonly slope: number
}

/**
 * How much of the sun each pixel sees, 0 … 1. The height up to which there is shadow is handed on from row to row (or
 * column to column) away from the sun, sinking with the sun's slope; the farther from what casts it, the softer.
 * @param unit pixels a scene unit
 */
export function castShadows(canvas: Canvas, sun: Sun, unit: number): Float32Array {
  const { width, height, elevation } = canvas
  const isSteep = Math.abs(sun.y) >= Math.abs(sun.x)
  const [along, across] = isSteep ? [sun.y, sun.x] : [sun.x, sun.y]
  const [nLines, length] = isSteep ? [height, width] : [width, height]
  const [lineStep, step] = isSteep ? [width, 1] : [1, width]
  const shift = across / Math.abs(along)
  const way = 1 / Math.abs(along)
  const sink = way * sun.slope
  const whole = Math.floor(shift)
  const share = shift - whole
  const ceiling = elevation.slice()
  const away = new Float32Array(elevation.length)
  const dark = new Float32Array(elevation.length)
  for (let k = 1; k < nLines; k++) {
    const line = along > 0 ? nLines - 1 - k : k
    const before = (along > 0 ? line + 1 : line - 1) * lineStep
    for (let i = 0; i < length; i++) {
      const at = i + whole < 0 ? 0 : i + whole > length - 2 ? length - 2 : i + whole
      const a = before + at * step
      const b = a + step
      const shadow = ceiling[a]! + (ceiling[b]! - ceiling[a]!) * share - sink
      const pixel = line * lineStep + i * step
      const over = shadow - elevation[pixel]!
      if (over <= 0) continue
      const distance = way + away[a]! + (away[b]! - away[a]!) * share
      ceiling[pixel] = shadow
      away[pixel] = distance
      const depth = over / (0.6 * unit + 0.12 * distance)
      dark[pixel] = depth < 1 ? depth : 1
    }
  }
  for (let pixel = 0; pixel < dark.length; pixel++) dark[pixel] = 1 - dark[pixel]!
  return dark
}
