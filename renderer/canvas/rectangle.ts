import type { PixelRectangle } from '#common/mask/rectangle.ts'

/** The smallest rectangle around both; null is none. */
export function joinRectangles(a: PixelRectangle | null, b: PixelRectangle | null): PixelRectangle | null {
  if (a === null || b === null) return a ?? b
  const [x, y] = [Math.min(a.x, b.x), Math.min(a.y, b.y)]
  const right = Math.max(a.x + a.width, b.x + b.width)
  const bottom = Math.max(a.y + a.height, b.y + b.height)
  return { x, y, width: right - x, height: bottom - y }
}

/** What both have; null where they do not meet. */
export function cutRectangle(a: PixelRectangle, b: PixelRectangle): PixelRectangle | null {
  const [x, y] = [Math.max(a.x, b.x), Math.max(a.y, b.y)]
  const right = Math.min(a.x + a.width, b.x + b.width)
  const bottom = Math.min(a.y + a.height, b.y + b.height)
  return right > x && bottom > y ? { x, y, width: right - x, height: bottom - y } : null
}
