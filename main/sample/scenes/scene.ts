import type { RgbImage } from '#common/image/rgb-image.ts'
import type { Bitmap } from '#common/mask/bitmap.ts'
import { total } from './arithmetic.ts'
import { emptyCanvas, within } from './canvas.ts'
import { creatures, type ClassName } from './creatures/creatures.ts'
import { develop } from './develop.ts'
import { rootFrame } from './frame.ts'
import { paintFront } from './fronts.ts'
import { grounds, type Background } from './grounds/grounds.ts'
import { illuminate } from './light.ts'
import { placeOne, placePair, type Spot } from './placing.ts'
import { scramble, seededRandom } from './random.ts'
import { border, type Stage } from './stage.ts'
import { makeDapples, makeSky, type Weather } from './weather.ts'

/** What is to be drawn. */
export interface SceneRequest {
  /** A whole number of 32 bits. With `index` it decides everything that is not said below. */
  readonly seed: number
  readonly index: number
  readonly className: ClassName
  readonly background: Background
  /** Scene units, at least 64 either way; one of four ordinary sizes if left out. */
  readonly size?: { readonly width: number; readonly height: number }
  /** Pixels a scene unit, a whole number: the same scene in finer detail. */
  readonly scale?: number
}

/** An animal of a scene. */
interface SceneObject extends Spot {
  /** The visible pixels of its mask, of all pixels. */
  readonly share: number
  /** How much of it is behind something else, 0 … 1. */
  readonly hidden: number
}

/** A picture, and everything that is known of it. */
export interface Scene {
  readonly rgb: RgbImage
  /** What is visible of each animal: the pixels that it covers by half or more. */
  readonly masks: readonly { readonly className: ClassName; readonly bitmap: Bitmap }[]
  readonly facts: {
    readonly seed: number
    readonly index: number
    readonly className: ClassName
    readonly background: Background
    readonly weather: Weather
    readonly objects: readonly SceneObject[]
  }
}

const sizes = [
  { width: 320, height: 240 },
  { width: 320, height: 240 },
  { width: 304, height: 228 },
  { width: 240, height: 320 },
  { width: 272, height: 272 },
] as const

/**
 * Draws a scene: a ground, one or two animals of the class seen from above, often something that hides a part of them.
 * The same request gives the same bytes on every machine: whole numbers, + − × ÷ and square roots only.
 */
export function drawScene(request: SceneRequest): Scene {
  const { seed, index, className, background, scale = 1 } = request
  const random = seededRandom(scramble(seed, index))
  const { width, height } = request.size ?? random.pick(sizes)
  const margin = border * scale
  const canvas = emptyCanvas(width * scale + 2 * margin, height * scale + 2 * margin)
  const stage: Stage = { canvas, frame: rootFrame(margin, margin, scale), width, height, random }
  grounds[background]({ ...stage, random: random.fork(1) })
  const spots = paintAnimals({ ...stage, random: random.fork(2) }, className)
  const whole = canvas.visible.map(total)
  paintFronts({ ...stage, random: random.fork(3) }, background)
  const { weather, light, exposure } = makeSky(random.fork(4))
  const dapples = weather === 'dappled' ? makeDapples(random.fork(5), canvas, scale) : null
  const view = { width: width * scale, height: height * scale, margin }
  const look = { exposure, vignette: random.between(0.2, 0.45), noise: random.between(1.5, 3.5) }
  const rgb = develop(illuminate(canvas, light, { unit: scale, dapples }), {
    ...view,
    ...look,
    seed: scramble(seed, index),
  })
  const masks = canvas.visible.map((seen) => ({ className, bitmap: threshold(seen, canvas.width, view) }))
  const objects = spots.map((spot, i) => ({
    ...spot,
    share: total(masks[i]!.bitmap.data) / (view.width * view.height),
    hidden: Math.max(0, 1 - total(canvas.visible[i]!) / whole[i]!),
  }))
  return { rgb, masks, facts: { seed, index, className, background, weather, objects } }
}

function paintAnimals(stage: Stage, className: ClassName): readonly Spot[] {
  const { canvas, width, height, random } = stage
  const animals = [creatures[className](random.fork(1)), creatures[className](random.fork(2))] as const
  const spots = random.chance(0.15)
    ? placePair(animals, { width, height }, random)
    : [placeOne(animals[0], { width, height }, random)]
  for (const [i, spot] of spots.entries()) {
    canvas.visible.push(new Float32Array(canvas.width * canvas.height))
    canvas.owner = i
    animals[i]!.paint(within(stage, spot))
  }
  canvas.owner = -1
  return spots
}

function paintFronts(stage: Stage, background: Background): void {
  const { canvas, random } = stage
  const n = random.pick([0, 0, 1, 1, 1, 2])
  for (let i = 0; i < n; i++) {
    paintFront(stage, background, { object: random.whole(0, canvas.visible.length - 1), share: n === 1 ? 0.32 : 0.2 })
  }
}

/** The pixels of the picture of which half or more is covered. */
function threshold(
  seen: Float32Array,
  stride: number,
  { width, height, margin }: { readonly width: number; readonly height: number; readonly margin: number },
): Bitmap {
  const data = new Uint8Array(width * height)
  for (let y = 0; y < height; y++) {
    const from = (margin + y) * stride + margin
    for (let x = 0; x < width; x++) data[y * width + x] = seen[from + x]! >= 0.5 ? 1 : 0
  }
  return { width, height, data }
}
