import { fill, within } from '../canvas.ts'
import { colour, setColour, shade, tint, type Colour } from '../colour.ts'
import { ellipse, smoothOutline } from '../outline.ts'
import type { Site } from '../stage.ts'
import { grit } from '../texture.ts'

const petal = smoothOutline([0.2, -0.05, 0.55, -0.13, 0.9, -0.12, 1, 0, 0.9, 0.12, 0.55, 0.13, 0.2, 0.05], 3)
const roundPetal = smoothOutline([0.1, -0.05, 0.45, -0.34, 0.85, -0.36, 1, 0, 0.85, 0.36, 0.45, 0.34, 0.1, 0.05], 4)
const disc = ellipse([0, 0], [0.3, 0.3], 16)

interface Kind {
  readonly petals: readonly [fewest: number, most: number]
  readonly isRound: boolean
  readonly rows: number
  readonly tip: Colour
  readonly base: Colour
  readonly heart: Colour
  readonly heartSize: number
}

type Rest = Pick<Kind, 'petals' | 'isRound' | 'rows' | 'heartSize'>

function kind(tip: string, base: string, heart: string, rest: Rest): Kind {
  return { tip: colour(tip), base: colour(base), heart: colour(heart), ...rest }
}

const daisy: Rest = { petals: [15, 21], isRound: false, rows: 2, heartSize: 1 }
const dandelion: Rest = { petals: [20, 26], isRound: false, rows: 3, heartSize: 0.8 }
const fivePetals: Rest = { petals: [5, 5], isRound: true, rows: 1, heartSize: 0.6 }

const kinds: readonly Kind[] = [
  kind('#fbfaf5', '#e9e6d8', '#f0b416', daisy),
  kind('#fbf3f7', '#f3f0ea', '#f0b416', daisy),
  kind('#f7cf2a', '#eaa510', '#e59a12', dandelion),
  kind('#f6d822', '#e8b414', '#cfa012', fivePetals),
  kind('#8aa5e8', '#b9c6f2', '#f2d23c', fivePetals),
  kind('#c79ade', '#8b5cb4', '#f2d23c', fivePetals),
]

/** Paints a flower seen from above, petals to radius 1; `base` is how high above the ground, radii. */
export function paintFlower(site: Site, base: number): void {
  const { random } = site
  const look = random.pick(kinds)
  const n = random.whole(...look.petals)
  for (let row = 0; row < look.rows; row++) {
    for (let i = 0; i < n; i++) {
      const angle = ((i + row * 0.5 + random.between(-0.18, 0.18)) / n) * 2 * Math.PI
      const size = (1 - 0.2 * row) * random.between(0.88, 1.05)
      const tone = random.between(0.82, 1.05)
      const lies = base + 0.12 * row + random.between(0, 0.1)
      fill(within(site, { x: 0, y: 0, angle, along: size, across: size }), {
        outline: look.isRound ? roundPetal : petal,
        paint: (p) => {
          setColour(p, look.base)
          tint(p, look.tip, p.x)
          shade(p, tone * (1 - 0.12 * Math.abs(grit(p.x * 2, p.y * 30 + i))))
          p.height = lies + 0.18 * p.x * (1.3 - p.x) - p.y * p.y * 1.2
        },
      })
    }
  }
  const { heartSize } = look
  fill(within(site, { x: 0, y: 0, across: heartSize, along: heartSize }), {
    outline: disc,
    paint: (p) => {
      const away = (p.x * p.x + p.y * p.y) / 0.09
      setColour(p, look.heart)
      shade(p, 1 - 0.25 * away + 0.25 * grit(p.x * 26, p.y * 26))
      p.height = base + 0.2 + 0.22 * Math.sqrt(Math.max(0, 1 - away * 0.9)) + 0.02 * grit(p.x * 26, p.y * 26)
    },
  })
}
