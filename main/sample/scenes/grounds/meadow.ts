import { smoothStep } from '../arithmetic.ts'
import { fill, fillGround, within } from '../canvas.ts'
import { blend, colour, setColour, tint, type Colour } from '../colour.ts'
import { cloud, fieldAt, noise, sampleField } from '../noise.ts'
import { paintClover } from '../props/clover.ts'
import { paintFlower } from '../props/flower.ts'
import { ribbon, type Outline } from '../outline.ts'
import type { Random } from '../random.ts'
import { anywhere, border, type Site, type Stage } from '../stage.ts'

const soil = colour('#3a3a1c')
const moss = colour('#4c5a26')
const deep = colour('#2c5a1c')
const fresh = colour('#7fb036')
const pale = colour('#b9cb5a')
const straw = colour('#cdbd78')

/** Blades along x from 0 to 1: straight, bent either way, broad, thin. */
const blades: readonly Outline[] = [
  [0, 0.1],
  [0.14, 0.1],
  [-0.14, 0.1],
  [0.26, 0.08],
  [-0.26, 0.08],
  [0.1, 0.13],
  [-0.1, 0.13],
].map(([bend, width]) => ribbon([0, 0, 0.5, bend! * 0.9, 1, bend! * -0.4], [width! * 0.75, width!, width! * 0.1], 4))

/** How the grass of a meadow looks. */
interface Grass {
  readonly offset: number
  readonly warmth: number
  /** Where most blades lean to. */
  readonly wind: number
  /** How near the camera is: a factor of all lengths. */
  readonly near: number
}

/** Grass from above, with clover and flowers. */
export function paintMeadow(stage: Stage): void {
  const { width, height, random } = stage
  const grass = makeGrass(random)
  paintMoss(stage, grass)
  const nBlades = Math.round(((width + 30) * (height + 30)) / (34 * grass.near * grass.near))
  for (let i = 0; i < nBlades; i++) {
    const at = { x: random.between(-15, width + 15), y: random.between(-15, height + 15) }
    paintBlade(stage, { ...at, share: i / nBlades, grass })
    if (random.chance(0.004 * grass.near)) {
      const size = random.between(4.5, 7.5) * grass.near
      paintClover(anywhere(stage, size), 0.3 + 0.9 * (i / nBlades))
    }
  }
  for (let i = random.whole(3, 10); i > 0; i--) {
    paintFlower(anywhere(stage, random.between(5.5, 9) * grass.near), random.between(0.8, 1.2))
  }
}

/** Chooses the grass of a meadow. */
export function makeGrass(random: Random): Grass {
  return {
    offset: random.between(0, 200),
    warmth: random.between(-0.15, 0.25),
    wind: random.between(0, 2 * Math.PI),
    near: random.between(1, 1.9),
  }
}

function paintMoss(stage: Stage, { offset, near }: Grass): void {
  const { width, height } = stage
  const scale = 25 * near
  const patches = sampleField({ width, height, border, cell: 2 }, (x, y) => cloud(x / scale + offset, y / scale, 4))
  fillGround(stage, (p) => {
    const patch = fieldAt(patches, p.x, p.y)
    setColour(p, soil)
    tint(p, moss, smoothStep(-0.3, 0.4, patch))
    p.height = 1.2 * patch
  })
}

interface BladePlace {
  readonly x: number
  readonly y: number
  /** 0: the first and lowest, 1: the last and highest. */
  readonly share: number
  readonly grass: Grass
  /** Scene units below the blade. */
  readonly floor?: number
}

/** Paints one blade of grass. */
export function paintBlade(site: Site, place: BladePlace): void {
  const { random } = site
  const { x, y, share, grass, floor = 0 } = place
  const length = (random.between(14, 24) + 12 * share * random.between(0, 1)) * grass.near
  const angle = grass.wind + random.bell() * 1.1
  const patch = noise(x / 34 + grass.offset, y / 34) * 0.3 + random.between(-0.35, 0.35) + grass.warmth
  const tip = random.chance(0.04) ? straw : bladeColour(0.12 + 0.55 * share + patch)
  const base = blend(deep, tip, 0.3 + 0.3 * share)
  const lift = floor + (1 + 5 * share) * grass.near
  const climb = random.between(1.5, 5) * grass.near
  fill(within(site, { x, y, angle, size: length }), {
    outline: random.pick(blades),
    paint: (p) => {
      setColour(p, base)
      tint(p, tip, p.x)
      p.height = (lift + climb * p.x * (1.6 - p.x)) / length
      p.gloss = 0.1
    },
  })
}

function bladeColour(light: number): Colour {
  return light < 0.55
    ? blend(deep, fresh, Math.max(0, light / 0.55))
    : blend(fresh, pale, Math.min(1, (light - 0.55) / 0.6))
}
