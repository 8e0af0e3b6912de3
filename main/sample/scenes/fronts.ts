import { cosine, sine, total } from './arithmetic.ts'
import { within, type Brush } from './canvas.ts'
import type { Background } from './grounds/grounds.ts'
import { makeGrass, paintBlade } from './grounds/meadow.ts'
import { paintFlower } from './props/flower.ts'
import { makeLeaf, paintLeaf } from './props/leaf.ts'
import { paintShell } from './props/shell.ts'
import { paintStone } from './props/stone.ts'
import { paintTwig } from './props/twig.ts'
import type { Site, Stage } from './stage.ts'

/** Something of no class that lies on a creature's edge and hides a part of it. */
interface Front {
  /** Its area is about this times the square of its size. */
  readonly area: number
  /** Largest size, scene units. */
  readonly largest: number
  /** @param floor the elevation in the site's middle, in its units */
  readonly paint: (site: Site, floor: number) => void
}

const leaf = (season: 'autumn' | 'summer'): Front => ({
  area: 1.15,
  largest: 46,
  paint: (site, floor) => paintLeaf(site, makeLeaf(site.random, season), floor + 0.08),
})
const flower: Front = { area: 2.2, largest: 15, paint: (site, floor) => paintFlower(site, floor + 0.3) }
const twig: Front = { area: 0.2, largest: 55, paint: (site) => paintTwig(site, 0.15) }
const stone: Front = { area: 2.5, largest: 20, paint: paintStone }
const shell: Front = { area: 2.4, largest: 20, paint: paintShell }

const nTuftBlades = 12
/** How long a tuft's size is in the units that blades of grass are measured in. */
const tuftScale = 20

/** A dozen blades of grass. */
const tuft: Front = {
  area: 1.6,
  largest: 22,
  paint: (site, floor) => {
    const { random } = site
    const grass = makeGrass(random)
    const blades = { ...within(site, { x: 0, y: 0, size: 1 / tuftScale }), random }
    for (let i = 0; i < nTuftBlades; i++) {
      const at = { x: 0.4 * tuftScale * random.bell(), y: 0.4 * tuftScale * random.bell() }
      paintBlade(blades, { ...at, share: 0.4 + i / 20, grass, floor: floor * tuftScale })
    }
  },
}

const fronts: Readonly<Record<Background, readonly Front[]>> = {
  meadow: [tuft, tuft, leaf('summer'), leaf('summer'), flower],
  beach: [leaf('autumn'), stone, shell],
  forest: [leaf('autumn'), leaf('autumn'), leaf('autumn'), twig],
}

/**
 * Lays something on the edge of a creature.
 * @param options.object which of the canvas's objects
 * @param options.share how much of the creature it may hide, 0 … 1; it usually hides about half of that
 */
export function paintFront(
  stage: Stage,
  background: Background,
  { object, share }: { readonly object: number; readonly share: number },
): void {
  const { canvas, frame, random } = stage
  const seen = canvas.visible[object]!
  const area = total(seen) / (frame.size * frame.size)
  const front = random.pick(fronts[background])
  const { x, y } = pointAtEdge(stage, seen)
  const size = Math.min(Math.sqrt((share * area) / front.area), front.largest) * random.between(0.75, 1)
  const site = { ...within(stage, { x, y, angle: random.between(0, 2 * Math.PI), size }), random }
  front.paint(site, floorOf(site))
}

/** The elevation in the middle of a brush's frame, in its units. */
function floorOf({ canvas, frame }: Brush): number {
  const x = Math.min(Math.max(Math.floor(frame.e), 0), canvas.width - 1)
  const y = Math.min(Math.max(Math.floor(frame.f), 0), canvas.height - 1)
  return canvas.elevation[y * canvas.width + x]! / frame.size
}

/** A point between a creature's middle and its edge, nearer to the edge; scene units. */
function pointAtEdge({ canvas, frame, random }: Stage, seen: Float32Array): { x: number; y: number } {
  const { x: middleX, y: middleY } = centre(seen, canvas.width)
  const angle = random.between(0, 2 * Math.PI)
  const dx = cosine(angle)
  const dy = sine(angle)
  let reach = 0
  for (let away = 0; ; away++) {
    const column = Math.floor(middleX + dx * away)
    const row = Math.floor(middleY + dy * away)
    if (column < 0 || row < 0 || column >= canvas.width || row >= canvas.height) break
    if (seen[row * canvas.width + column]! >= 0.5) reach = away
  }
  const away = reach * random.between(0.7, 0.98)
  return { x: (middleX + dx * away - frame.e) / frame.size, y: (middleY + dy * away - frame.f) / frame.size }
}

function centre(seen: Float32Array, width: number): { x: number; y: number } {
  let x = 0
  let y = 0
  for (let pixel = 0; pixel < seen.length; pixel++) {
    if (seen[pixel] === 0) continue
    x += seen[pixel]! * (pixel % width)
    y += seen[pixel]! * Math.floor(pixel / width)
  }
  const sum = total(seen)
  return { x: x / sum, y: y / sum }
}
