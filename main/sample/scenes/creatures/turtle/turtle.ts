import { cosine, sine, smoothStep } from '../../arithmetic.ts'
import { fill, within, type Brush, type Paint } from '../../canvas.ts'
import { colour, setColour, shade, tint } from '../../colour.ts'
import { ellipse, ribbon, smoothOutline, type Outline } from '../../outline.ts'
import type { Random } from '../../random.ts'
import { grit } from '../../texture.ts'
import type { Creature } from '../creature.ts'
import { coats, type Coat } from './coat.ts'
import { shellOutline, shellPaint } from './shell.ts'

const black = colour('#14120f')

const head = smoothOutline([
  0, -0.52, 0.14, -0.47, 0.2, -0.32, 0.21, -0.16, 0.16, 0, 0.15, 0.25, -0.15, 0.25, -0.16, 0, -0.21, -0.16, -0.2, -0.32,
  -0.14, -0.47,
])

/** Makes a tortoise or a terrapin. */
export function makeTurtle(random: Random): Creature {
  const coat = random.pick(coats)
  const offset = random.between(0, 200)
  const stretch = random.between(0.94, 1.08)
  const limbs = makeLimbs(random)
  const gaze = random.between(-0.45, 0.45)
  const neck = random.between(-0.05, 0.1)
  return {
    paint: (whole) => {
      const brush = within(whole, { x: 0, y: 0, across: stretch, along: 1 / stretch })
      for (const outline of limbs) fill(brush, { outline, bevel: 0.2, paint: skinPaint(coat, offset) })
      paintHead(within(brush, { x: 0, y: -0.72 - neck, angle: gaze }), coat, offset)
      fill(brush, { outline: shellOutline, bevel: 0.3, paint: shellPaint(coat, offset) })
    },
  }
}

/** Four legs with claws, and a tail. */
function makeLimbs(random: Random): Outline[] {
  const bend = random.between(-0.12, 0.12)
  const tail = ribbon([0, 0.78, bend * 0.5, 0.98, bend, 1.16], [0.2, 0.12, 0.02], 4)
  const legs = [-1, 1].flatMap((side) => [
    ...makeLeg(random, side, { y: -0.46, turn: -0.75, length: 0.62, bow: -0.04 }),
    ...makeLeg(random, side, { y: 0.5, turn: 0.85, length: 0.5, bow: 0.04 }),
  ])
  return [tail, ...legs]
}

interface Leg {
  readonly y: number
  readonly turn: number
  readonly length: number
  readonly bow: number
}

function makeLeg(random: Random, side: number, leg: Leg): Outline[] {
  const angle = leg.turn + random.between(-0.4, 0.4)
  const length = leg.length + random.between(-0.08, 0.05)
  const [dx, dy] = [side * cosine(angle), sine(angle)]
  const [hipX, hipY] = [side * 0.42, leg.y]
  const [footX, footY] = [hipX + dx * length, hipY + dy * length]
  const claws = [-0.075, 0, 0.075].map((off) => {
    const [x, y] = [footX - dy * off, footY + dx * off]
    return ribbon([x, y, x + dx * 0.08, y + dy * 0.08, x + dx * 0.16, y + dy * 0.16], [0.06, 0.05, 0.01], 3)
  })
  const knee = [hipX + (dx * length) / 2, hipY + (dy * length) / 2 + leg.bow]
  const tip = [footX + dx * 0.07, footY + dy * 0.07]
  return [...claws, ribbon([hipX, hipY, ...knee, footX, footY, ...tip], [0.3, 0.26, 0.25, 0.06])]
}

/** Blotched or striped skin of small scales. */
function skinPaint({ skin, mark, groove, hasStripes }: Coat, offset: number): Paint {
  return (p) => {
    const scale = grit(p.x * 24 + offset, p.y * 24)
    setColour(p, skin)
    shade(p, 0.8 + 0.35 * p.rise)
    if (hasStripes) tint(p, mark, 0.75 * smoothStep(0.3, 0.55, grit(p.x * 7 + offset, p.y * 5)))
    else tint(p, mark, 0.5 * smoothStep(0.1, 0.6, scale))
    tint(p, groove, 0.45 * smoothStep(-0.2, -0.6, scale))
    p.height = 0.1 + 0.2 * Math.sqrt(p.rise) + 0.018 * scale
    p.gloss = 0.15
  }
}

function paintHead(brush: Brush, coat: Coat, offset: number): void {
  const skin = skinPaint(coat, offset + 40)
  fill(brush, {
    outline: head,
    bevel: 0.24,
    paint: (p) => {
      skin(p)
      if (coat.hasStripes) tint(p, coat.mark, 0.9 * smoothStep(0.04, 0.015, Math.abs(Math.abs(p.x) - 0.1 - 0.05 * p.y)))
      p.height = 0.2 + 0.26 * Math.sqrt(p.rise) + 0.01 * grit(p.x * 24, p.y * 24)
    },
  })
  for (const side of [-1, 1]) {
    paintEye(within(brush, { x: side * 0.145, y: -0.3 }), coat)
    fill(brush, { outline: ellipse([side * 0.04, -0.47], [0.016, 0.02], 8), paint: (p) => setColour(p, black) })
  }
}

function paintEye(brush: Brush, coat: Coat): void {
  fill(brush, {
    outline: ellipse([0, 0], [0.06, 0.075], 14),
    bevel: 0.06,
    paint: (p) => {
      setColour(p, black)
      tint(p, coat.mark, smoothStep(0.0014, 0.0022, p.x * p.x + p.y * p.y))
      p.height = 0.4 + 0.08 * Math.sqrt(p.rise)
      p.gloss = 1
    },
  })
}
