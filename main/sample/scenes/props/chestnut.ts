import { smoothStep } from '../arithmetic.ts'
import { fill } from '../canvas.ts'
import { colour, setColour, shade, tint } from '../colour.ts'
import { smoothOutline } from '../outline.ts'
import type { Site } from '../stage.ts'
import { grit } from '../texture.ts'

const brown = colour('#6e3116')
const glow = colour('#a8552a')
const scar = colour('#cdb08a')
const nut = smoothOutline([-1, 0.05, -0.72, -0.62, 0, -0.86, 0.72, -0.62, 1, 0.05, 0.7, 0.68, 0, 0.84, -0.7, 0.68], 4)

/** Paints a chestnut of radius 1. */
export function paintChestnut(site: Site): void {
  const { random } = site
  const offset = random.between(0, 200)
  const hasScar = random.chance(0.5)
  fill(site, {
    outline: nut,
    bevel: 0.9,
    paint: (p) => {
      setColour(p, brown)
      tint(p, glow, 0.8 * smoothStep(0.2, 0.9, p.rise))
      shade(p, 1 + 0.25 * grit(p.x * 2 + offset, p.y * 7))
      if (hasScar) tint(p, scar, smoothStep(0.05, -0.03, 0.42 - p.y + 0.25 * p.x * p.x + 0.08 * grit(p.x * 5, offset)))
      p.height = p.below + 0.06 + 0.75 * Math.sqrt(p.rise * (2 - p.rise))
      p.gloss = 0.75
    },
  })
}
