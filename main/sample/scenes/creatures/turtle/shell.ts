import { clamp, mix, sine, smoothStep } from '../../arithmetic.ts'
import type { Paint, Point } from '../../canvas.ts'
import { setColour, shade, tint } from '../../colour.ts'
import { noise } from '../../noise.ts'
import { smoothOutline } from '../../outline.ts'
import { mottle } from '../../texture.ts'
import type { Coat } from './coat.ts'

/** The edge of the shell. */
export const shellOutline = smoothOutline([
  0, -0.8, 0.34, -0.74, 0.58, -0.5, 0.68, -0.1, 0.7, 0.28, 0.56, 0.64, 0.28, 0.84, 0, 0.9, -0.28, 0.84, -0.56, 0.64,
  -0.7, 0.28, -0.68, -0.1, -0.58, -0.5, -0.34, -0.74,
])

/** Middles of the plates, x and y: along the back, and of the right flank (mirrored). */
const back = [0, -0.62, 0, -0.33, 0, 0, 0, 0.34, 0, 0.64]
const flank = [0.43, -0.45, 0.47, -0.1, 0.47, 0.25, 0.38, 0.58]

/** Half axes of the ellipse that the shell is taken for, and how far its middle is behind the creature's. */
const halfWidth = 0.72
const halfLength = 0.88
const middleY = 0.05
const nRimPlates = 24

/** Where a point lies among the plates: distances to the two nearest middles, and the nearest one. */
const plate = { first: 0, second: 0, x: 0, y: 0 }

function findPlate(x: number, y: number): void {
  plate.first = plate.second = Infinity
  tryPlates(back, x, y)
  tryPlates(flank, Math.abs(x), y)
}

function tryPlates(middles: readonly number[], x: number, y: number): void {
  for (let i = 0; i < middles.length; i += 2) {
    const dx = x - middles[i]!
    const dy = y - middles[i + 1]!
    const away = Math.sqrt(dx * dx + dy * dy)
    if (away < plate.first) {
      plate.second = plate.first
      plate.first = away
      plate.x = middles[i]!
      plate.y = middles[i + 1]!
    } else if (away < plate.second) plate.second = away
  }
}

/** Domed plates with growth rings, and a rim of small ones. */
export function shellPaint(coat: Coat, offset: number): Paint {
  return (p) => {
    const wobble = 0.025 * noise(p.x * 6 + offset, p.y * 6)
    findPlate(p.x + wobble, p.y + wobble)
    const across = p.x / halfWidth
    const along = (p.y - middleY) / halfLength
    const outward = across * across + along * along
    const between = plate.second - plate.first
    const ring = coat.rings * sine(plate.first * 60 + 80 * wobble)
    setColour(p, coat.plate)
    tint(p, coat.heart, smoothStep(0.02, 0.3, between) * (coat.rays > 0 ? 0.35 : 0.9))
    if (coat.rays > 0) tint(p, coat.heart, ray(p, coat.rays) * smoothStep(0.02, 0.06, between))
    shade(p, 1 + 0.14 * ring + 0.2 * mottle(p.x * 5 + offset, p.y * 5))
    const rim = smoothStep(0.68, 0.74, outward)
    tint(p, coat.groove, smoothStep(0.04, 0.012, between) * (1 - rim))
    let bump = 0.09 * smoothStep(0, 0.18, between) + 0.006 * ring
    if (rim > 0) {
      const cut = paintRim(p, coat, { rim, outward, turn: roughAngle(across, along) })
      bump = mix(bump, 0.03 - 0.04 * cut, rim)
    }
    p.height = 0.22 + 0.62 * Math.sqrt(clamp(1 - 0.82 * outward, 0, 1)) + bump - 0.12 * (1 - p.rise)
    p.gloss = 0.28
  }
}

/** Bright streaks that run out from the middle of the plate. */
function ray({ x, y }: Point, rays: number): number {
  const turn = roughAngle(Math.abs(x) - plate.x, y - plate.y)
  return smoothStep(0.1, 0.5, sine((turn * rays * Math.PI) / 2)) * smoothStep(0.02, 0.06, plate.first)
}

interface RimPlace {
  /** How much the point belongs to the rim, 0 … 1. */
  readonly rim: number
  readonly outward: number
  readonly turn: number
}

/** Colours the rim, and says how deep in a cut between two of its plates the point is, 0 … 1. */
function paintRim(p: Point, coat: Coat, { rim, outward, turn }: RimPlace): number {
  const section = (turn * nRimPlates) / 4 + 0.5
  const off = Math.abs(section - Math.round(section))
  const cut = smoothStep(0.42, 0.49, off)
  tint(p, coat.rim, 0.85 * rim)
  tint(p, coat.heart, 0.6 * rim * smoothStep(0.3, 0.05, off))
  tint(p, coat.groove, rim * Math.max(cut, smoothStep(0.75, 0.69, outward)))
  return cut
}

/** An angle without trigonometry: 0 … 4 for once around, within about a degree. */
function roughAngle(x: number, y: number): number {
  const sum = Math.abs(x) + Math.abs(y)
  if (sum === 0) return 0
  const share = Math.abs(y) / sum
  const quarter = 0.637 * share + 0.363 * share * share * (3 - 2 * share)
  if (y >= 0) return x >= 0 ? quarter : 2 - quarter
  return x < 0 ? 2 + quarter : 4 - quarter
}
