import { smoothStep } from '../../arithmetic.ts'
import { fill, within, type Brush, type Paint, type Point } from '../../canvas.ts'
import { blend, setColour, shade, tint } from '../../colour.ts'
import { ellipse, smoothOutline } from '../../outline.ts'
import type { Random } from '../../random.ts'
import { grit, mottle } from '../../texture.ts'
import type { Creature } from '../creature.ts'
import { black, chooseCoat, type Coat } from './coat.ts'
import { makeLimbs } from './limbs.ts'

/** Wing cases: from the shoulders to the tip, the seam along x = 0. */
const cases = smoothOutline([
  0, -0.42, 0.4, -0.4, 0.66, -0.2, 0.74, 0.15, 0.66, 0.52, 0.42, 0.84, 0, 0.98, -0.42, 0.84, -0.66, 0.52, -0.74, 0.15,
  -0.66, -0.2, -0.4, -0.4,
])
const shield = smoothOutline([
  0, -0.82, 0.28, -0.8, 0.5, -0.62, 0.56, -0.42, 0.3, -0.34, 0, -0.32, -0.3, -0.34, -0.56, -0.42, -0.5, -0.62, -0.28,
  -0.8,
])
const head = smoothOutline([
  0, -1.04, 0.2, -1.0, 0.3, -0.86, 0.26, -0.7, 0, -0.64, -0.26, -0.7, -0.3, -0.86, -0.2, -1.0,
])
const scutellum = smoothOutline([0, -0.22, 0.08, -0.38, 0, -0.42, -0.08, -0.38], 3)

/** Makes a beetle. */
export function makeBeetle(random: Random): Creature {
  const coat = chooseCoat(random)
  const limbs = makeLimbs(random)
  const offset = random.between(0, 200)
  const stretch = random.between(0.84, 1.06)
  return {
    paint: (whole) => {
      const brush = within(whole, { x: 0, y: 0, across: stretch, along: 1 / stretch })
      for (const outline of limbs) fill(brush, { outline, bevel: 0.08, paint: limbPaint(coat) })
      paintHead(brush, coat)
      fill(brush, { outline: shield, bevel: 0.4, paint: shieldPaint(coat, offset) })
      fill(brush, { outline: cases, bevel: 0.5, paint: casesPaint(coat, offset) })
      fill(brush, {
        outline: scutellum,
        paint: (p) => {
          setColour(p, coat.front)
          p.gloss = coat.gloss * 0.5
        },
      })
    },
  }
}

function limbPaint({ front }: Coat): Paint {
  const base = blend(black, front, 0.25)
  return (p) => {
    setColour(p, base)
    p.height = 0.16 + 0.1 * Math.sqrt(p.rise)
    p.gloss = 0.5
  }
}

function paintHead(brush: Brush, { front, cheeks, gloss }: Coat): void {
  const base = blend(front, black, 0.6)
  fill(brush, {
    outline: head,
    bevel: 0.25,
    paint: (p) => {
      setColour(p, base)
      p.height = 0.16 + 0.22 * Math.sqrt(p.rise)
      p.gloss = gloss * 0.6
    },
  })
  for (const side of [-1, 1]) {
    if (cheeks !== null) {
      fill(brush, { outline: ellipse([side * 0.12, -0.9], [0.06, 0.045], 10), paint: (p) => setColour(p, cheeks) })
    }
    fill(brush, {
      outline: ellipse([side * 0.25, -0.88], [0.075, 0.085], 12),
      bevel: 0.08,
      paint: (p) => {
        setColour(p, black)
        p.height = 0.22 + 0.14 * Math.sqrt(p.rise)
        p.gloss = 1
      },
    })
  }
}

function shieldPaint({ front, cheeks, gloss, metal }: Coat, offset: number): Paint {
  return (p) => {
    setColour(p, front)
    if (cheeks !== null) {
      const dx = (Math.abs(p.x) - 0.4) / 0.14
      const dy = (p.y + 0.6) / 0.18
      tint(p, cheeks, smoothStep(1.15, 0.95, dx * dx + dy * dy))
    }
    if (metal !== null) tint(p, metal, 0.5 * p.rise)
    shade(p, 1 + 0.12 * grit(p.x * 30 + offset, p.y * 30))
    p.height = 0.2 + 0.28 * Math.sqrt(p.rise * (2 - p.rise))
    p.gloss = gloss * 0.7
  }
}

/** The domed wing cases with the seam between them. */
function casesPaint(coat: Coat, offset: number): Paint {
  const { shell, deep, mark, stripes, metal, gloss } = coat
  const marked = metal !== null ? flecks : stripes > 0 ? lanes : spots
  return (p) => {
    const dx = p.x / 0.78
    const dy = (p.y - 0.26) / 0.76
    setColour(p, deep)
    tint(p, shell, smoothStep(0, 0.55, p.rise))
    shade(p, 1 + 0.1 * mottle(p.x * 6 + offset, p.y * 6))
    if (metal !== null) tint(p, metal, 0.8 * smoothStep(0.2, 0.9, p.rise + 0.25 * grit(p.x * 3 + offset, p.y * 3)))
    tint(p, mark, marked(p, coat, offset))
    const seam = smoothStep(Math.max(0.022, 1.4 * p.pixel), Math.max(0.006, 0.4 * p.pixel), Math.abs(p.x))
    shade(p, 1 - 0.75 * seam)
    p.height = 0.2 + 0.62 * Math.sqrt(Math.max(0, 1 - 0.96 * (dx * dx + dy * dy))) - 0.03 * seam
    p.gloss = gloss * (1 - 0.6 * seam)
  }
}

function spots(p: Point, coat: Coat, offset: number): number {
  const ragged = 0.12 * grit(p.x * 9, p.y * 9 + offset)
  let marked = 0
  for (const [x, y, radiusX, radiusY] of coat.spots) {
    const dx = (Math.abs(p.x) - x) / radiusX
    const dy = (p.y - y) / radiusY
    marked = Math.max(marked, smoothStep(1.18, 0.92, dx * dx + dy * dy + ragged))
  }
  return marked
}

/** Stripes that draw together towards both ends. */
function lanes(p: Point, { stripes }: Coat): number {
  const along = (p.y - 0.26) / 0.8
  const lane = (1.25 * stripes * Math.abs(p.x)) / Math.sqrt(Math.max(0.08, 1.05 - along * along))
  return smoothStep(0.2, 0.12, Math.abs(lane - Math.floor(lane) - 0.55)) * smoothStep(0, 0.15, p.rise)
}

function flecks(p: Point, _coat: Coat, offset: number): number {
  const fleck = grit(Math.abs(p.x) * 14 + offset, p.y * 9)
  return 0.7 * smoothStep(0.62, 0.72, fleck) * smoothStep(0.6, 0.3, p.rise)
}
