import { smoothStep } from '../arithmetic.ts'
import { fill, within } from '../canvas.ts'
import { colour, setColour, shade, tint } from '../colour.ts'
import { ellipse, smoothOutline } from '../outline.ts'
import type { Site } from '../stage.ts'
import { grit } from '../texture.ts'

const dark = colour('#3f7d2c')
const pale = colour('#a8c98a')
const knot = ellipse([0, 0], [0.1, 0.1], 8)
const leaflet = smoothOutline([0, 0, 0.35, -0.4, 0.8, -0.5, 1.02, -0.22, 0.92, 0, 1.02, 0.22, 0.8, 0.5, 0.35, 0.4], 3)

/** Paints a leaf of clover of radius 1; `base` is how high above the ground it is, radii. */
export function paintClover(site: Site, base: number): void {
  const { random } = site
  const tone = random.between(0.75, 1.2)
  for (let i = 0; i < 3; i++) {
    fill(within(site, { x: 0, y: 0, angle: (2 * Math.PI * (i + random.between(-0.06, 0.06))) / 3 }), {
      outline: leaflet,
      paint: (p) => {
        const chevron = p.x - 0.55 + 0.5 * Math.abs(p.y)
        setColour(p, dark)
        shade(p, tone * (1 + 0.15 * grit(p.x * 6, p.y * 18)))
        tint(p, pale, 0.6 * smoothStep(0.12, 0.03, Math.abs(chevron)))
        p.height = base + 0.15 * p.x + 0.25 * Math.abs(p.y)
        p.gloss = 0.05
      },
    })
  }
  fill(site, { outline: knot, paint: (p) => setColour(p, pale) })
}
