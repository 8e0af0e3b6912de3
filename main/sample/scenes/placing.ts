import { emptyCanvas, within } from './canvas.ts'
import type { Creature } from './creatures/creature.ts'
import { rootFrame } from './frame.ts'
import type { Random } from './random.ts'

/** How large a turned creature is, in its own units. */
interface Extent {
  readonly area: number
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

/** Where a creature is to be: its middle and its size in scene units, its angle in radians. */
export interface Spot {
  readonly x: number
  readonly y: number
  readonly angle: number
  readonly size: number
}

interface Room {
  readonly width: number
  readonly height: number
}

const sketchScale = 20
const sketchSide = 72
/** Nothing of a creature comes nearer to the picture's edge, scene units. */
const edge = 3
const attempts = 40

/** Paints a creature small, on a canvas of its own, and measures it. */
function measure(creature: Creature, angle: number): Extent {
  const canvas = emptyCanvas(sketchSide, sketchSide)
  const seen = new Float32Array(sketchSide * sketchSide)
  canvas.visible.push(seen)
  canvas.owner = 0
  const middle = sketchSide / 2
  creature.paint(within({ canvas, frame: rootFrame(middle, middle, sketchScale) }, { x: 0, y: 0, angle }))
  let [area, left, top, right, bottom] = [0, middle, middle, middle, middle]
  for (let pixel = 0; pixel < seen.length; pixel++) {
    area += seen[pixel]!
    // the tips of thin parts cover little of their pixel
    if (seen[pixel]! < 0.02) continue
    const x = pixel % sketchSide
    const y = (pixel - x) / sketchSide
    left = Math.min(left, x)
    right = Math.max(right, x + 1)
    top = Math.min(top, y)
    bottom = Math.max(bottom, y + 1)
  }
  const local = (value: number): number => (value - middle) / sketchScale
  return {
    area: area / (sketchScale * sketchScale),
    left: local(left),
    top: local(top),
    right: local(right),
    bottom: local(bottom),
  }
}

/** One creature, whole in the picture, covering about 12 to 42 % of it where it fits. */
export function placeOne(creature: Creature, room: Room, random: Random): Spot {
  const angle = random.between(0, 2 * Math.PI)
  return place(measure(creature, angle), { room, random, angle, share: random.between(0.125, 0.42) })
}

/** Two smaller creatures that do not touch, or only the first where there is no room for both. */
export function placePair(pair: readonly [Creature, Creature], room: Room, random: Random): readonly Spot[] {
  const angles = pair.map(() => random.between(0, 2 * Math.PI))
  const extents = pair.map((creature, i) => measure(creature, angles[i]!))
  for (let attempt = 0; attempt < attempts; attempt++) {
    const spots = extents.map((extent, i) =>
      place(extent, { room, random, angle: angles[i]!, share: random.between(0.075, 0.13) }),
    )
    if (!doOverlap(spots, extents)) return spots
  }
  return [placeOne(pair[0], room, random)]
}

interface Wish {
  readonly room: Room
  readonly random: Random
  readonly angle: number
  /** Of the picture's area. */
  readonly share: number
}

function place({ area, left, top, right, bottom }: Extent, { room, random, angle, share }: Wish): Spot {
  const wanted = Math.sqrt((share * room.width * room.height) / area)
  const fitting = Math.min((room.width - 2 * edge) / (right - left), (room.height - 2 * edge) / (bottom - top))
  const size = Math.min(wanted, fitting)
  return {
    x: random.between(edge - left * size, room.width - edge - right * size),
    y: random.between(edge - top * size, room.height - edge - bottom * size),
    angle,
    size,
  }
}

function doOverlap([a, b]: readonly Spot[], [first, second]: readonly Extent[]): boolean {
  const isApart = (low: number, high: number, otherLow: number, otherHigh: number): boolean =>
    high < otherLow || otherHigh < low
  const across = isApart(
    a!.x + first!.left * a!.size,
    a!.x + first!.right * a!.size,
    b!.x + second!.left * b!.size,
    b!.x + second!.right * b!.size,
  )
  const down = isApart(
    a!.y + first!.top * a!.size,
    a!.y + first!.bottom * a!.size,
    b!.y + second!.top * b!.size,
    b!.y + second!.bottom * b!.size,
  )
  return !across && !down
}
