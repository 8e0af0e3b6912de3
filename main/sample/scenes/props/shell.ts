import { cosine, sine } from '../arithmetic.ts'
import { fill } from '../canvas.ts'
import { colour, setColour, shade, tint } from '../colour.ts'
import { smoothOutline } from '../outline.ts'
import type { Site } from '../stage.ts'
import { grit } from '../texture.ts'

const tones = [
  ['#f3e3cf', '#d89a78'],
  ['#f6ece0', '#c7856f'],
  ['#efe0d2', '#b98f86'],
  ['#f5efe6', '#d9b48f'],
  ['#e9d7d4', '#b0707c'],
] as const

/**
 * Paints a scallop of about radius 1, hinge at (0, 0.8), rim towards −y; `base` radii above the ground, on what is
 * there if that is left out.
 */
export function paintShell(site: Site, base?: number): void {
  const { random } = site
  const ribs = random.whole(9, 13)
  const [pale, strong] = random.pick(tones).map((tone) => colour(tone))
  const points: number[] = [0.3, 0.82, -0.3, 0.82, -0.42, 0.62]
  for (let i = 0; i <= 2 * ribs; i++) {
    const turn = -1.1 + (2.2 * i) / (2 * ribs)
    const radius = (i % 2 === 0 ? 1.5 : 1.58) * (1 - 0.06 * turn * turn)
    points.push(radius * 0.98 * sine(turn), 0.75 - radius * cosine(turn))
  }
  points.push(0.42, 0.62)
  const offset = random.between(0, 100)
  fill(site, {
    outline: smoothOutline(points, 2),
    bevel: 0.7,
    paint: (p) => {
      const dy = 0.85 - p.y
      const away = Math.sqrt(p.x * p.x + dy * dy)
      const rib = sine(((p.x / Math.max(dy, 0.25)) * 0.52 * ribs + 0.5) * Math.PI * 1.15)
      const ring = grit(away * 9 + offset, 3)
      setColour(p, pale!)
      tint(p, strong!, 0.45 + 0.45 * ring)
      shade(p, 0.92 + 0.1 * rib)
      p.height = (base ?? p.below) + 0.06 + 0.42 * p.rise * (2 - p.rise) + 0.035 * rib * away
      p.gloss = 0.25
    },
  })
}
