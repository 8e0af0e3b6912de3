/** A score on a strip from 0 to 1. */
export interface ScoreDot {
  readonly image: number
  /** 0…1 */
  readonly score: number
}

interface StripSize {
  /** CSS pixels */
  readonly width: number
  readonly height: number
}

const radius = 2
/** a click so far beside a dot still means it, CSS pixels */
const reach = 8

/** Where a dot lies: across by its score, up or down by its image, so that it lies there each time. */
export function placeOfDot({ image, score }: ScoreDot, { width, height }: StripSize): { x: number; y: number } {
  // the fraction of multiples of the golden ratio: evenly spread, whatever the ids
  const spread = (image * 0.618_033_988_749_895) % 1
  return { x: radius + score * (width - 2 * radius), y: radius + spread * (height - 2 * radius) }
}

/** The dot next to a place of the strip; null: none is near. */
export function dotNear(dots: readonly ScoreDot[], at: { x: number; y: number }, size: StripSize): ScoreDot | null {
  let nearest: ScoreDot | null = null
  let least = reach
  for (const dot of dots) {
    const { x, y } = placeOfDot(dot, size)
    const distance = Math.hypot(x - at.x, y - at.y)
    if (distance < least) [nearest, least] = [dot, distance]
  }
  return nearest
}

/** Draws all dots in one colour; the more there are, the fainter each is. */
export function drawDots(
  context: CanvasRenderingContext2D,
  dots: readonly ScoreDot[],
  { colour, ratio, ...size }: StripSize & { readonly colour: string; readonly ratio: number },
): void {
  context.setTransform(ratio, 0, 0, ratio, 0, 0)
  context.clearRect(0, 0, size.width, size.height)
  context.fillStyle = colour
  context.globalAlpha = Math.min(Math.max(60 / dots.length, 0.15), 0.7)
  const isMany = dots.length > 3000
  for (const dot of dots) {
    const { x, y } = placeOfDot(dot, size)
    if (isMany) {
      context.fillRect(x - 1, y - 1, 2, 2)
      continue
    }
    context.beginPath()
    context.arc(x, y, radius, 0, 2 * Math.PI)
    context.fill()
  }
  context.globalAlpha = 1
}
