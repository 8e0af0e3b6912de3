import { smoothStep } from '../arithmetic.ts'
import { fill, type Brush, type Paint } from '../canvas.ts'
import { blend, colour, setColour, shade, tint, type Colour } from '../colour.ts'
import { ribbon, smoothOutline, type Outline } from '../outline.ts'
import type { Random } from '../random.ts'
import { mottle } from '../texture.ts'

/** A leaf is never nearer to what it lies on, half-lengths. */
const gap = 0.025

/** A leaf that lies flat: stalk to the left, tip at x = 1, the blade from x = −1. */
interface Leaf {
  readonly outline: Outline
  readonly veins: readonly Outline[]
  readonly stalk: Outline
  readonly middle: Colour
  readonly margin: Colour
  readonly vein: Colour
  /** How far the blade arches between midrib and margin, in half-lengths. */
  readonly arch: number
  readonly offset: number
}

const autumn: readonly (readonly [middle: string, margin: string])[] = [
  ['#e8b23a', '#d07a1e'],
  ['#d9822b', '#a8431c'],
  ['#c2512a', '#8a2420'],
  ['#b5402b', '#6e1f1c'],
  ['#c99a4b', '#8d5f2c'],
  ['#9c6b3c', '#6a4426'],
  ['#d8c04a', '#b9892c'],
  ['#a9a548', '#c58a2e'],
]
const green: readonly (readonly [middle: string, margin: string])[] = [
  ['#8fb24a', '#5f8a32'],
  ['#6f9d45', '#3f7030'],
  ['#a9b85a', '#7c8f3a'],
]

type Season = 'autumn' | 'summer'

/** Makes a leaf of one of three kinds: oval, lobed like an oak's, pointed like a maple's. */
export function makeLeaf(random: Random, season: Season): Leaf {
  const kind = random.pick(['oval', 'oval', 'oak', 'maple'] as const)
  const [middle, margin] = random.pick(season === 'autumn' ? autumn : green)
  const blade = { oval: ovalBlade, oak: oakBlade, maple: mapleBlade }[kind](random)
  const bend = random.between(-0.12, 0.12)
  return {
    ...blade,
    stalk: ribbon([-1.45, bend * 2, -1.2, bend, -0.9, 0], [0.05, 0.045, 0.06], 3),
    middle: colour(middle),
    margin: colour(margin),
    vein: blend(colour(middle), colour('#f3e3a8'), random.between(0.15, 0.6)),
    arch: random.between(-0.12, 0.16),
    offset: random.between(0, 200),
  }
}

type Blade = Pick<Leaf, 'outline' | 'veins'>

function ovalBlade(random: Random): Blade {
  const half = random.between(0.42, 0.62)
  const belly = random.between(-0.25, 0.1)
  const upper = [-1, 0, -0.7, -0.62 * half, belly - 0.25, -0.98 * half, belly + 0.25, -0.95 * half, 0.68, -0.5 * half]
  const lower = mirrored(upper.slice(2))
  return { outline: smoothOutline([...upper, 1, 0, ...lower], 5), veins: pinnateVeins(half * 0.85, 5) }
}

function oakBlade(random: Random): Blade {
  const half = random.between(0.5, 0.62)
  const upper = [-1, 0]
  const lobes = [0.35, 0.8, 1, 0.72]
  lobes.forEach((size, i) => {
    const x = -0.72 + i * 0.42
    upper.push(x - 0.1, -0.36 * half * size, x + 0.04, -half * size, x + 0.2, -half * size * 0.94)
  })
  upper.push(0.86, -0.16)
  return {
    outline: smoothOutline([...upper, 1, 0, ...mirrored(upper.slice(2))], 4),
    veins: pinnateVeins(half * 0.75, 4),
  }
}

function mapleBlade(random: Random): Blade {
  const spread = random.between(0.85, 1)
  const upper = [
    -0.8, -0.03, -0.92, -0.3, -0.78, -0.34, -0.86, -0.62, -0.58, -0.58, -0.32, -0.98, -0.14, -0.78, 0.06, -0.84, 0.0,
    -0.5, 0.2, -0.26, 0.42, -0.36, 0.44, -0.2, 0.68, -0.2, 0.66, -0.08,
  ].map((value, i) => (i % 2 === 0 ? value : value * spread))
  const root = [-0.8, 0] as const
  const ray = (x: number, y: number): Outline[] => [vein(root, [x, y], 0.05), vein(root, [x, -y], 0.05)]
  const veins = [vein([-0.9, 0], [0.98, 0], 0.055), ...ray(-0.3, -0.9 * spread), ...ray(-0.82, -0.56 * spread)]
  return { outline: smoothOutline([...upper, 1.02, 0, ...mirrored(upper)], 3), veins }
}

function pinnateVeins(half: number, pairs: number): Outline[] {
  const veins = [vein([-1, 0], [0.97, 0], 0.06)]
  for (let i = 0; i < pairs; i++) {
    const x = -0.75 + (1.35 * i) / pairs
    const reach = half * (1 - (x + 0.2) * (x + 0.2))
    for (const y of [-reach, reach]) veins.push(vein([x, 0], [x + 0.42, y], 0.028))
  }
  return veins
}

type Pair = readonly [x: number, y: number]

function vein([x0, y0]: Pair, [x1, y1]: Pair, width: number): Outline {
  return ribbon([x0, y0, (x0 + x1) / 2 + 0.03, (y0 + y1) / 2, x1, y1], [width, width * 0.7, width * 0.2], 2)
}

/** The points of the upper side, backwards, below the axis. */
function mirrored(points: readonly number[]): number[] {
  const out: number[] = []
  for (let i = points.length - 2; i >= 0; i -= 2) out.push(points[i]!, -points[i + 1]!)
  return out
}

/** Lays a leaf down, `base` half-lengths above the ground; where something below is higher, it lies on that. */
export function paintLeaf(brush: Brush, leaf: Leaf, base: number): void {
  fill(brush, {
    outline: leaf.stalk,
    paint: (p) => {
      setColour(p, leaf.vein)
      shade(p, 0.5)
      p.height = Math.max(base + 0.06, p.below + gap)
    },
  })
  fill(brush, { outline: leaf.outline, bevel: 0.4, paint: bladePaint(leaf, base) })
  for (const outline of leaf.veins) {
    fill(brush, {
      outline,
      paint: (p) => {
        setColour(p, leaf.vein)
        p.height = p.below - 0.02
        p.opacity = 0.75
        p.gloss = 0.1
      },
    })
  }
}

function bladePaint({ middle, margin, arch, offset }: Leaf, base: number): Paint {
  return (p) => {
    const blotch = mottle(p.x * 2.6 + offset, p.y * 2.6)
    const side = Math.abs(p.y)
    setColour(p, margin)
    tint(p, middle, smoothStep(0.05, 0.9, p.rise + blotch * 0.5))
    shade(p, 0.85 + 0.35 * blotch)
    const pair = 3.2 * (p.x - 0.85 * side)
    const between = pair - Math.floor(pair)
    const quilt = 0.16 * between * (1 - between) * p.rise
    p.height = Math.max(base + 0.05 + 2 * arch * (1 - 2 * side) * side + quilt, p.below + gap)
    p.gloss = 0.1
  }
}
