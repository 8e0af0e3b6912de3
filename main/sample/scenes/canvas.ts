import type { MutableColour } from './colour.ts'
import { blurCoverage, cover, emptyCoverage } from './coverage.ts'
import { placed, type Frame, type Placement } from './frame.ts'
import type { Outline } from './outline.ts'

/**
 * What the camera looks down on, before there is light: colour, height and gloss of every pixel; and what can be seen
 * of each object.
 */
export interface Canvas {
  readonly width: number
  readonly height: number
  /** Reflectance, three values a pixel, row-major. */
  readonly colour: Float32Array
  /** Height above the ground, in pixels. */
  readonly elevation: Float32Array
  /** 0 (chalk) … 1 (varnish). */
  readonly gloss: Float32Array
  /** For each object the share of each pixel that shows it, 0 … 1. */
  readonly visible: Float32Array[]
  /** The object that is being painted (its index in `visible`); −1: none. What is painted hides the others. */
  owner: number
}

/** A canvas of black ground. */
export function emptyCanvas(width: number, height: number): Canvas {
  const nPixels = width * height
  return {
    width,
    height,
    colour: new Float32Array(3 * nPixels),
    elevation: new Float32Array(nPixels),
    gloss: new Float32Array(nPixels),
    visible: [],
    owner: -1,
  }
}

/** What a paint sees of a pixel (upper part) and says about it (colour and lower part). One object for all pixels. */
export interface Point extends MutableColour {
  /** Local coordinates of the pixel's middle. */
  x: number
  y: number
  /** Side of a pixel, local units: what is narrower cannot be seen. */
  pixel: number
  /** Near 0 at the shape's edge … 1 where it is at least a bevel inside. */
  rise: number
  /** The elevation that is there, local units. */
  below: number
  /** The new elevation, local units; `below` unless said otherwise. */
  height: number
  gloss: number
  /** How much of what is below it hides, 0 … 1; at first 1. */
  opacity: number
}

/** Says what a point of a shape looks like. */
export type Paint = (point: Point) => void

/** Where on a canvas one paints: shapes are in the frame's coordinates. */
export interface Brush {
  readonly canvas: Canvas
  readonly frame: Frame
}

/** A brush for a part of what is being painted. */
export function within({ canvas, frame }: Brush, placement: Placement): Brush {
  return { canvas, frame: placed(frame, placement) }
}

/** A shape to be painted. */
interface Fill {
  readonly outline: Outline
  readonly paint: Paint
  /** How far from the edge `rise` reaches 1, local units; 0: it is 1 everywhere. */
  readonly bevel?: number
}

const covered = emptyCoverage()
const blurred = emptyCoverage()
let corners = new Float64Array(1 << 12)
const point: Point = {
  x: 0,
  y: 0,
  pixel: 1,
  rise: 1,
  below: 0,
  red: 0,
  green: 0,
  blue: 0,
  height: 0,
  gloss: 0,
  opacity: 1,
}

/** Paints a shape over what is there, edges smoothed by the area that they cover. */
export function fill(brush: Brush, { outline, paint, bevel = 0 }: Fill): void {
  const nPoints = outline.length / 2
  const radius = bevel === 0 ? 0 : Math.max(1, Math.round((bevel * brush.frame.size) / 2))
  if (!placeOutline(brush, outline, 2 * radius)) return
  cover(corners, nPoints, covered)
  if (radius > 0) blurCoverage(covered, radius, blurred)
  paintCovered(brush, radius > 0, paint)
}

/** Brings the corners to the canvas and finds the part of it that they touch; false where they miss it. */
function placeOutline({ canvas, frame }: Brush, outline: Outline, border: number): boolean {
  const { a, b, c, d, e, f } = frame
  if (corners.length < outline.length) corners = new Float64Array(2 * outline.length)
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity]
  for (let i = 0; i < outline.length; i += 2) {
    const x = a * outline[i]! + c * outline[i + 1]! + e
    const y = b * outline[i]! + d * outline[i + 1]! + f
    corners[i] = x
    corners[i + 1] = y
    if (x < left) left = x
    if (x > right) right = x
    if (y < top) top = y
    if (y > bottom) bottom = y
  }
  if (!(right > 0 && bottom > 0 && left < canvas.width && top < canvas.height)) return false
  covered.left = Math.max(Math.floor(left), -border)
  covered.top = Math.max(Math.floor(top), -border)
  covered.width = Math.min(Math.ceil(right), canvas.width + border) - covered.left
  covered.height = Math.min(Math.ceil(bottom), canvas.height + border) - covered.top
  return true
}

function paintCovered({ canvas, frame }: Brush, hasRise: boolean, paint: Paint): void {
  const { left, top, width, height, share, first, end } = covered
  const { a, b, c, d, e, f, size } = frame
  const scale = 1 / (a * d - b * c)
  const lastRow = Math.min(height, canvas.height - top)
  point.pixel = 1 / size
  for (let row = Math.max(0, -top); row < lastRow; row++) {
    const from = Math.max(first[row]!, -left)
    const to = Math.min(end[row]!, canvas.width - left)
    const dy = top + row + 0.5 - f
    for (let column = from; column < to; column++) {
      const at = row * width + column
      if (share[at]! < 0.004) continue
      const pixel = (top + row) * canvas.width + left + column
      const dx = left + column + 0.5 - e
      point.x = (d * dx - c * dy) * scale
      point.y = (a * dy - b * dx) * scale
      point.rise = hasRise ? riseAt(blurred.share[at]!) : 1
      point.below = point.height = canvas.elevation[pixel]! / size
      point.gloss = 0
      point.opacity = 1
      paint(point)
      layOver(canvas, pixel, share[at]!, size)
    }
  }
}

/** A straight edge is half covered after blurring, a rounded one less. */
function riseAt(blurredShare: number): number {
  const rise = (blurredShare - 0.34) / 0.66
  return rise < 0 ? 0 : rise
}

function layOver(canvas: Canvas, pixel: number, share: number, size: number): void {
  const { colour, elevation, gloss, visible, owner } = canvas
  const opacity = share * point.opacity
  colour[3 * pixel]! += (point.red - colour[3 * pixel]!) * opacity
  colour[3 * pixel + 1]! += (point.green - colour[3 * pixel + 1]!) * opacity
  colour[3 * pixel + 2]! += (point.blue - colour[3 * pixel + 2]!) * opacity
  elevation[pixel]! += (point.height * size - elevation[pixel]!) * share
  gloss[pixel]! += (point.gloss - gloss[pixel]!) * opacity
  for (let object = 0; object < visible.length; object++) {
    const seen = visible[object]!
    seen[pixel]! += ((object === owner ? 1 : 0) - seen[pixel]!) * share
  }
}

/**
 * Paints the whole of an empty canvas, at height 0 until the paint says otherwise, in the coordinates of a frame that is
 * not turned.
 */
export function fillGround({ canvas, frame }: Brush, paint: Paint): void {
  const { size, e: origin } = frame
  const { width, height, colour, elevation, gloss } = canvas
  point.rise = 1
  point.pixel = 1 / size
  let pixel = 0
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      point.x = (x + 0.5 - origin) / size
      point.y = (y + 0.5 - origin) / size
      point.below = point.height = 0
      point.gloss = 0
      paint(point)
      colour[3 * pixel] = point.red
      colour[3 * pixel + 1] = point.green
      colour[3 * pixel + 2] = point.blue
      elevation[pixel] = point.height * size
      gloss[pixel++] = point.gloss
    }
  }
}
