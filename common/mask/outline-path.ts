/**
 * Rings of a mask, as `outlineRings` gives them, as the path of an SVG drawing: the bridges to holes, which are walked
 * there and back, are not drawn.
 * @param rings x0, y0, x1, y1, … each, not closed by a repeated point
 * @returns the `d` of a path; empty for no ring
 */
export function outlinePath(rings: readonly (readonly number[])[]): string {
  return rings.map(ringPath).join('')
}

function ringPath(ring: readonly number[]): string {
  const n = ring.length / 2
  const corner = (i: number): string => `${ring[2 * (i % n)]!} ${ring[2 * (i % n) + 1]!}`
  const sides = new Set(Array.from({ length: n }, (_, i) => `${corner(i)} ${corner(i + 1)}`))
  let path = ''
  let isDrawing = false
  for (let i = 0; i < n; i++) {
    // the object lies on one side of its edge, so an edge is never walked both ways
    const isBridge = sides.has(`${corner(i + 1)} ${corner(i)}`)
    if (!isBridge) path += isDrawing ? `L${corner(i + 1)}` : `M${corner(i)}L${corner(i + 1)}`
    isDrawing = !isBridge
  }
  return path
}
