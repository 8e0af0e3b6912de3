import { cloud, noise } from './noise.ts'

/**
 * Noise and clouds computed once and looked up after that: a paint asks for millions of values, and calls that hand
 * numbers to and fro cost more than the values themselves. For patterns up to about a wave in 16 pixels.
 */
const texels = 16
const waves = 32
const side = texels * waves
const mask = side - 1

const gritTile = new Float32Array(side * side)
const mottleTile = new Float32Array(side * side)
for (let i = 0; i < side * side; i++) {
  const x = (i % side) / texels
  const y = Math.floor(i / side) / texels
  gritTile[i] = seamless(x, y, noise)
  mottleTile[i] = seamless(x, y, mottled)
}

function mottled(x: number, y: number): number {
  return cloud(x, y, 3)
}

/** Goes over into the neighbouring tile's values in the last few waves, so that tiles join. */
function seamless(x: number, y: number, valueAt: (x: number, y: number) => number): number {
  const fade = 4
  const across = x > waves - fade ? (x - waves + fade) / fade : 0
  const down = y > waves - fade ? (y - waves + fade) / fade : 0
  let value = valueAt(x, y)
  if (across > 0) value += (valueAt(x - waves, y) - value) * across
  if (down === 0) return value
  let below = valueAt(x, y - waves)
  if (across > 0) below += (valueAt(x - waves, y - waves) - below) * across
  return value + (below - value) * down
}

/** Value noise, −1 … 1, a wave a unit; repeats every 32. */
export function grit(x: number, y: number): number {
  return gritTile[((Math.floor(y * texels) & mask) << 9) | (Math.floor(x * texels) & mask)]!
}

/** Clouds of three octaves, about −1 … 1, the broadest a wave a unit; repeats every 32. */
export function mottle(x: number, y: number): number {
  return mottleTile[((Math.floor(y * texels) & mask) << 9) | (Math.floor(x * texels) & mask)]!
}
