import { cosine, sine, smoothStep } from '../arithmetic.ts'
import { fill } from '../canvas.ts'
import { colour, setColour, shade, tint, type Colour } from '../colour.ts'
import { smoothOutline } from '../outline.ts'
import type { Site } from '../stage.ts'
import { grit, mottle } from '../texture.ts'

const stones: readonly Colour[] = [
  '#8f8b84',
  '#a89f92',
  '#6f7276',
  '#b9aa92',
  '#7d6f63',
  '#c9c2b4',
  '#9a7f6a',
  '#5d6468',
].map(colour)
const speckle = colour('#e4ded2')
const band = colour('#f0ece2')

/** Paints a rounded stone of about radius 1, `base` radii above the ground; on what is there if that is left out. */
export function paintStone(site: Site, base?: number): void {
  const { random } = site
  const points: number[] = []
  const squeeze = random.between(0.62, 0.95)
  for (let i = 0; i < 9; i++) {
    const angle = (2 * Math.PI * (i + random.between(-0.2, 0.2))) / 9
    const radius = random.between(0.86, 1.04)
    points.push(radius * cosine(angle), squeeze * radius * sine(angle))
  }
  const tone = random.pick(stones)
  const offset = random.between(0, 200)
  const hasBand = random.chance(0.3)
  const tall = random.between(0.35, 0.55)
  fill(site, {
    outline: smoothOutline(points, 4),
    bevel: 0.9,
    paint: (p) => {
      const vein = mottle(p.x * 2 + offset, p.y * 2)
      setColour(p, tone)
      shade(p, 1 + 0.35 * vein)
      tint(p, speckle, 0.5 * smoothStep(0.55, 0.8, grit(p.x * 13 + offset, p.y * 13)))
      if (hasBand) tint(p, band, 0.8 * smoothStep(0.12, 0.05, Math.abs(p.y - 0.25 * p.x + 0.15 * vein)))
      const dome = p.rise * (2 - p.rise)
      p.height = (base ?? p.below) + 0.08 + tall * dome + 0.03 * vein
      p.gloss = 0.08
    },
  })
}
