import { cosine, sine, smoothStep } from './arithmetic.ts'
import type { Colour } from './colour.ts'
import type { Light } from './light.ts'
import { cloud, fieldAt, sampleField } from './noise.ts'
import type { Random } from './random.ts'

/** What the light is like. */
export type Weather = 'noon' | 'evening' | 'overcast' | 'dappled'

interface Mood {
  readonly sun: Colour
  readonly sky: Colour
  readonly slopes: readonly [lowest: number, highest: number]
  readonly exposure: number
}

const rgb = (red: number, green: number, blue: number): Colour => ({ red, green, blue })

const moods: Readonly<Record<Weather, Mood>> = {
  noon: { sun: rgb(1.3, 1.2, 1.02), sky: rgb(0.3, 0.36, 0.46), slopes: [1, 1.7], exposure: 1 },
  evening: { sun: rgb(1.62, 1.14, 0.66), sky: rgb(0.3, 0.33, 0.46), slopes: [0.55, 0.85], exposure: 1.05 },
  overcast: { sun: rgb(0.5, 0.5, 0.5), sky: rgb(0.72, 0.77, 0.84), slopes: [1.2, 2], exposure: 0.98 },
  dappled: { sun: rgb(1.5, 1.36, 1.06), sky: rgb(0.3, 0.38, 0.42), slopes: [0.9, 1.5], exposure: 1.05 },
}

const choices: readonly Weather[] = ['noon', 'noon', 'noon', 'evening', 'evening', 'overcast', 'dappled', 'dappled']

/** A weather with its light, and how bright the camera takes it. */
interface Sky {
  readonly weather: Weather
  readonly light: Light
  readonly exposure: number
}

export function makeSky(random: Random): Sky {
  const weather = random.pick(choices)
  const { sun, sky, slopes, exposure } = moods[weather]
  const angle = random.between(0, 2 * Math.PI)
  const light = { x: cosine(angle), y: sine(angle), slope: random.between(...slopes), sun, sky }
  return { weather, light, exposure: exposure * random.between(0.9, 1.12) }
}

/** The shadow that leaves high above throw: for each canvas pixel the share of the sun that comes through. */
export function makeDapples(random: Random, canvas: { width: number; height: number }, unit: number): Float32Array {
  const offset = random.between(0, 200)
  const scale = unit * random.between(34, 55)
  const size = { width: canvas.width, height: canvas.height, border: 0, cell: 4 }
  const field = sampleField(size, (x, y) => cloud(x / scale + offset, y / scale, 3))
  const out = new Float32Array(canvas.width * canvas.height)
  for (let y = 0, pixel = 0; y < canvas.height; y++) {
    for (let x = 0; x < canvas.width; x++) out[pixel++] = 0.3 + 0.7 * smoothStep(-0.3, 0.15, fieldAt(field, x, y))
  }
  return out
}
