import { fill } from '../canvas.ts'
import { colour, setColour, shade, type Colour } from '../colour.ts'
import { ribbon } from '../outline.ts'
import type { Site } from '../stage.ts'
import { grit } from '../texture.ts'

const barks: readonly Colour[] = ['#5b4636', '#6d5744', '#4a3b31', '#7c6a58'].map(colour)

/** Paints a twig along x from −1 to 1 with a side twig or two; `base` is how high it lies, half-lengths. */
export function paintTwig(site: Site, base: number): void {
  const { random } = site
  const bark = random.pick(barks)
  const bend = random.between(-0.16, 0.16)
  const thick = random.between(0.05, 0.08)
  const parts = [
    ribbon([-1, 0, -0.4, bend, 0.3, bend * 0.6, 1, -bend], [thick, thick * 0.95, thick * 0.8, thick * 0.35]),
  ]
  for (let i = random.whole(1, 2); i > 0; i--) {
    const x = random.between(-0.5, 0.4)
    const side = random.pick([-1, 1])
    const length = random.between(0.25, 0.45)
    parts.push(
      ribbon(
        [x, bend * 0.8, x + length * 0.6, bend + side * length * 0.5, x + length, bend + side * length],
        [thick * 0.7, thick * 0.5, thick * 0.2],
        3,
      ),
    )
  }
  const offset = random.between(0, 100)
  for (const outline of parts) {
    fill(site, {
      outline,
      bevel: thick * 0.8,
      paint: (p) => {
        setColour(p, bark)
        shade(p, 1 + 0.4 * grit(p.x * 12 + offset, p.y * 60) + 0.2 * grit(p.x * 50, p.y * 60))
        p.height = Math.max(base, p.below + 0.01) + thick * 1.1 * Math.sqrt(p.rise)
      },
    })
  }
}
