import { fill, type Brush } from '../../canvas.ts'
import { blend, colour, setColour, shade } from '../../colour.ts'
import { ellipse, ribbon, smoothOutline, type Outline } from '../../outline.ts'
import type { Random } from '../../random.ts'
import { mottle } from '../../texture.ts'
import type { Coat } from './coat.ts'

const black = colour('#1c1613')
const thorax = ellipse([0, -0.18], [0.1, 0.18])
const head = ellipse([0, -0.4], [0.075, 0.075], 16)
const abdomen = smoothOutline(
  [
    0, -0.12, 0.07, -0.05, 0.085, 0.12, 0.07, 0.34, 0.03, 0.54, 0, 0.58, -0.03, 0.54, -0.07, 0.34, -0.085, 0.12, -0.07,
    -0.05,
  ],
  4,
)

/** Two feelers with clubs. */
export function makeFeelers(random: Random): Outline[] {
  return [-1, 1].flatMap((side) => {
    const x = side * random.between(0.26, 0.4)
    const y = random.between(-0.92, -0.8)
    return [
      ribbon([side * 0.03, -0.4, side * 0.1, -0.62, x, y], [0.022, 0.02, 0.022], 4),
      ellipse([x, y], [0.03, 0.04], 8),
    ]
  })
}

/** Paints feelers, abdomen, furry thorax and head. */
export function paintBody(brush: Brush, coat: Coat, feelers: readonly Outline[]): void {
  const fur = blend(black, coat.inner, 0.28)
  for (const outline of feelers) {
    fill(brush, {
      outline,
      paint: (p) => {
        setColour(p, black)
        p.height = 0.28
      },
    })
  }
  fill(brush, {
    outline: abdomen,
    bevel: 0.1,
    paint: (p) => {
      setColour(p, fur)
      shade(p, 0.65 + 0.7 * (p.y * 16 - Math.floor(p.y * 16)))
      p.height = 0.2 + 0.16 * Math.sqrt(p.rise)
      p.gloss = 0.15
    },
  })
  for (const outline of [head, thorax]) {
    fill(brush, {
      outline,
      bevel: 0.12,
      paint: (p) => {
        const hair = mottle(p.x * 40, p.y * 14)
        setColour(p, fur)
        shade(p, 1.1 + 0.7 * hair)
        p.height = 0.24 + 0.2 * Math.sqrt(p.rise) + 0.02 * hair
      },
    })
  }
  for (const side of [-1, 1]) paintEye(brush, side)
}

function paintEye(brush: Brush, side: number): void {
  fill(brush, {
    outline: ellipse([side * 0.06, -0.43], [0.035, 0.042], 10),
    bevel: 0.04,
    paint: (p) => {
      setColour(p, black)
      p.height = 0.38 + 0.05 * p.rise
      p.gloss = 1
    },
  })
}
