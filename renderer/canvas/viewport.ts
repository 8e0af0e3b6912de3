import type { GridSize, PixelRectangle } from '#common/mask/rectangle.ts'

/** A place in image pixels (0, 0 = the photo's top left corner, 1 = one pixel on) or in screen pixels, as said. */
export interface Point {
  readonly x: number
  readonly y: number
}

/** What part of a photo a canvas shows. Screen pixels are CSS pixels, measured from the canvas's top left corner. */
export interface Viewport extends GridSize {
  /** screen pixels a photo pixel */
  readonly scale: number
  /** where the photo's top left corner lies, screen pixels */
  readonly x: number
  readonly y: number
}

/** What stays free left and right, and above and below, screen pixels. */
type Margin = Point

const smallestScale = 0.05
const largestScale = 64
const fitMargin: Margin = { x: 12, y: 36 } // legend and hints lie beside the photo, not on it
/** what is brought into sight lies so far from the canvas's edge, screen pixels */
const revealMargin = 24
/** as much of the photo stays on the canvas, screen pixels, so that it cannot be lost */
const keptInSight = 48

/** The photo as large as it goes with the margins around it, in the middle. */
export function fitView({ width, height }: GridSize, photo: GridSize, margin = fitMargin): Viewport {
  const room = { width: Math.max(width - 2 * margin.x, 1), height: Math.max(height - 2 * margin.y, 1) }
  // also below the smallest scale: a large photo in a small cell has to be there as a whole
  const scale = Math.min(room.width / photo.width, room.height / photo.height, largestScale)
  return { width, height, scale, x: (width - photo.width * scale) / 2, y: (height - photo.height * scale) / 2 }
}

/** Zooms to a scale, 5 % to 6400 %; the place under `at` (screen pixels) stays where it is. */
export function zoomView(view: Viewport, scale: number, at: Point, photo: GridSize): Viewport {
  const next = Math.min(Math.max(scale, Math.min(smallestScale, view.scale)), largestScale)
  const factor = next / view.scale
  return keepInSight(
    { ...view, scale: next, x: at.x - (at.x - view.x) * factor, y: at.y - (at.y - view.y) * factor },
    photo,
  )
}

/** Moves the photo by screen pixels; a strip of it stays in sight. */
export function panView(view: Viewport, dx: number, dy: number, photo: GridSize): Viewport {
  return keepInSight({ ...view, x: view.x + dx, y: view.y + dy }, photo)
}

/** Moves the photo as little as brings a place of it (image pixels) into sight; the same view where it is. */
export function revealPlace(view: Viewport, at: Point, photo: GridSize): Viewport {
  const screen = toScreen(view, at)
  const past = (place: number, length: number): number =>
    place < revealMargin ? revealMargin - place : Math.min(length - revealMargin - place, 0)
  const [dx, dy] = [past(screen.x, view.width), past(screen.y, view.height)]
  return dx === 0 && dy === 0 ? view : panView(view, dx, dy, photo)
}

/** The same view in a canvas of another size: what fitted fits again, else the place in the middle stays there. */
export function resizeView(view: Viewport, { width, height }: GridSize, photo: GridSize, margin = fitMargin): Viewport {
  const fitted = fitView(view, photo, margin)
  if (view.scale === fitted.scale && view.x === fitted.x && view.y === fitted.y)
    return fitView({ width, height }, photo, margin)
  const moved = { ...view, width, height, x: view.x + (width - view.width) / 2, y: view.y + (height - view.height) / 2 }
  return keepInSight(moved, photo)
}

export function toImage({ x, y, scale }: Viewport, screen: Point): Point {
  return { x: (screen.x - x) / scale, y: (screen.y - y) / scale }
}

export function toScreen({ x, y, scale }: Viewport, image: Point): Point {
  return { x: image.x * scale + x, y: image.y * scale + y }
}

/** The photo pixels that can be seen at least in part; null where none is. */
export function visiblePixels(view: Viewport, photo: GridSize): PixelRectangle | null {
  const topLeft = toImage(view, { x: 0, y: 0 })
  const bottomRight = toImage(view, { x: view.width, y: view.height })
  const [x, y] = [Math.max(Math.floor(topLeft.x), 0), Math.max(Math.floor(topLeft.y), 0)]
  const right = Math.min(Math.ceil(bottomRight.x), photo.width)
  const bottom = Math.min(Math.ceil(bottomRight.y), photo.height)
  return right > x && bottom > y ? { x, y, width: right - x, height: bottom - y } : null
}

function keepInSight(view: Viewport, photo: GridSize): Viewport {
  const along = (start: number, screen: number, length: number): number => {
    const kept = Math.min(keptInSight, length)
    return Math.min(Math.max(start, kept - length), screen - kept)
  }
  return {
    ...view,
    x: along(view.x, view.width, photo.width * view.scale),
    y: along(view.y, view.height, photo.height * view.scale),
  }
}
