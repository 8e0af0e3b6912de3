import { smoothStep } from '../../arithmetic.ts'
import { fill, within, type Brush, type Paint } from '../../canvas.ts'
import { setColour, shade, tint } from '../../colour.ts'
import { grain, noise } from '../../noise.ts'
import { ellipse, ribbon, smoothOutline, type Outline } from '../../outline.ts'
import { grit } from '../../texture.ts'
import type { Coat } from './coat.ts'

const fore = [
  0.04, -0.2, 0.3, -0.52, 0.66, -0.8, 0.98, -0.92, 1.1, -0.84, 1.06, -0.6, 0.95, -0.32, 0.86, -0.1, 0.72, 0.0, 0.4,
  0.02, 0.06, 0.0,
]
const hind = [
  0.05, -0.04, 0.4, -0.08, 0.7, 0.02, 0.84, 0.24, 0.8, 0.48, 0.64, 0.68, 0.44, 0.76, 0.26, 0.66, 0.12, 0.42, 0.05, 0.2,
]
const tailed = [
  0.05, -0.04, 0.4, -0.08, 0.7, 0.02, 0.82, 0.24, 0.76, 0.44, 0.62, 0.58, 0.6, 0.74, 0.62, 0.96, 0.54, 0.98, 0.48, 0.76,
  0.36, 0.68, 0.22, 0.6, 0.12, 0.42, 0.05, 0.2,
]
/** Where veins reach the margin. */
const foreTips = [0.6, -0.72, 0.92, -0.86, 1.02, -0.66, 0.95, -0.42, 0.88, -0.18, 0.7, -0.03]
const hindTips = [0.68, 0.06, 0.8, 0.26, 0.74, 0.48, 0.58, 0.64, 0.4, 0.7]

/** A right wing with its root at the body's middle. */
export interface Wing {
  readonly coat: Coat
  readonly offset: number
  readonly isFore: boolean
  readonly outline: Outline
  readonly veins: readonly Outline[]
  readonly tips: readonly number[]
}

/** Makes the right fore wing or hind wing; `offset` is where it looks at the noise. */
export function makeWing(coat: Coat, offset: number, isFore: boolean): Wing {
  const tips = isFore ? foreTips : hindTips
  const [rootX, rootY, kneeX, kneeY] = isFore ? [0.05, -0.12, 0.315, -0.255] : [0.05, 0.04, 0.225, 0.12]
  const veins: Outline[] = []
  for (let i = 0; i < tips.length; i += 2) {
    const [x, y] = [tips[i]!, tips[i + 1]!]
    const knee = [kneeX + x * 0.2, kneeY + y * 0.2] as const
    const bow = [(knee[0] + x) / 2, (knee[1] + y) / 2 - 0.015]
    veins.push(ribbon([rootX, rootY, ...knee, ...bow, x * 1.03, y * 1.03], [0.018, 0.02, 0.02, 0.03], 4))
  }
  const outline = smoothOutline(isFore ? fore : coat.hasTail ? tailed : hind)
  return { coat, offset, isFore, outline, veins, tips }
}

/** @param raised sine of the angle between the wing and the ground */
export function paintWing(brush: Brush, wing: Wing, raised: number): void {
  const { coat, offset, isFore, outline } = wing
  const base = isFore ? 0.2 : 0.14
  const paint = wingPaint(wing)
  fill(brush, {
    outline,
    bevel: 0.3,
    paint: (p) => {
      paint(p)
      const wave = noise(p.x * 3 + offset, p.y * 3)
      p.height = base + raised * p.x + 0.05 * smoothStep(0, 0.8, p.x) + 0.02 * wave
    },
  })
  for (const vein of wing.veins) {
    fill(brush, {
      outline: vein,
      paint: (p) => {
        setColour(p, coat.vein)
        p.opacity = coat.veins
        p.height = p.below + 0.006
      },
    })
  }
  if (coat.hasDots) paintDots(brush, wing)
  if (coat.eyes !== null && !(isFore && coat.hasTail)) paintEyespot(brush, wing)
}

/** Ground colour, darker towards body and margin, with the dust of the scales. */
function wingPaint({ coat, offset, isFore }: Wing): Paint {
  const rootY = isFore ? -0.12 : 0.05
  return (p) => {
    const down = p.y - rootY
    const away = Math.sqrt(p.x * p.x + down * down)
    const slope = down / Math.max(away, 0.05)
    const dust = grit(slope * 46 + offset, away * 5)
    setColour(p, coat.inner)
    tint(p, coat.outer, smoothStep(0.15, 0.9, away + 0.1 * dust))
    if (coat.iridescence > 0) shade(p, 1 + 0.45 * coat.iridescence * grit(slope * 3 + offset, away * 2.5))
    shade(p, 0.94 + 0.12 * dust + 0.08 * grain(p.x * 90, p.y * 90, 5))
    shade(p, 0.55 + 0.45 * smoothStep(0.02, 0.3, away))
    const ragged = 0.1 * grit(slope * 12 + offset, away * 3)
    const edge = smoothStep(coat.border + 0.08, coat.border - 0.08, p.rise * 1.05 + ragged)
    tint(p, coat.margin, edge * smoothStep(0.12, 0.4, away))
    if (isFore && coat.border < 0.3) tint(p, coat.margin, smoothStep(0.98, 1.12, away + ragged))
    p.gloss = 0.06 + 0.3 * coat.iridescence
  }
}

/** Two dots between one vein and the next. */
function paintDots(brush: Brush, { coat, tips }: Wing): void {
  for (let i = 0; i + 3 < tips.length; i += 2) {
    for (const share of [0.35, 0.68]) {
      const x = (tips[i]! + (tips[i + 2]! - tips[i]!) * share) * 0.975
      const y = (tips[i + 1]! + (tips[i + 3]! - tips[i + 1]!) * share) * 0.975
      fill(brush, { outline: ellipse([x, y], [0.026, 0.032], 10), paint: (p) => setColour(p, coat.dots) })
    }
  }
}

function paintEyespot(brush: Brush, { coat, isFore }: Wing): void {
  const [x, y, size] = isFore ? ([0.82, -0.62, 0.13] as const) : ([0.56, 0.4, 0.16] as const)
  fill(within(brush, { x, y, size }), {
    outline: ellipse([0, 0], [1, 1]),
    paint: (p) => {
      const away = Math.sqrt(p.x * p.x + p.y * p.y)
      setColour(p, coat.dots)
      tint(p, coat.margin, smoothStep(0.84, 0.76, away))
      tint(p, coat.eyes!, smoothStep(0.58, 0.5, away))
      const glint = (p.x + 0.22) * (p.x + 0.22) + (p.y + 0.22) * (p.y + 0.22)
      tint(p, coat.dots, smoothStep(0.08, 0.04, glint))
    },
  })
}
