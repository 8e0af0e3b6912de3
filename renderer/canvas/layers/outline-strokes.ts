import { canvasColours } from '../colours.ts'
import type { Viewport } from '../viewport.ts'
import type { ContourOptions } from './contour.ts'
import type { OutlinePiece } from './outlines.ts'

/** The pixels of a photo are shown as such from here on: outlines follow their edges. */
const exactFrom = 4

/** How closely outlines are traced for a view. @param ratio device pixels a CSS pixel */
export function contourOptions({ scale }: Viewport, ratio: number): ContourOptions {
  const level = Math.max(0, Math.floor(Math.log2(1 / (scale * ratio))))
  return { level, isExact: scale >= exactFrom }
}

interface LineStyle {
  readonly line: string
  readonly width: number
  readonly casing: string
  readonly casingWidth: number
}

/** @param pixel image pixels a screen pixel */
export function strokeSolid(context: CanvasRenderingContext2D, path: Path2D, style: LineStyle, pixel: number): void {
  context.strokeStyle = style.casing
  context.lineWidth = style.casingWidth * pixel
  context.stroke(path)
  context.strokeStyle = style.line
  context.lineWidth = style.width * pixel
  context.stroke(path)
}

/** The machine mask's line. @param pixel image pixels a screen pixel */
export function strokeDashed(context: CanvasRenderingContext2D, pieces: readonly OutlinePiece[], pixel: number): void {
  const { line, width, dash, casing, casingWidth } = canvasColours.machine
  context.lineCap = 'butt'
  const all = new Path2D()
  for (const { path } of pieces) all.addPath(path)
  context.strokeStyle = casing
  context.lineWidth = casingWidth * pixel
  context.stroke(all)
  context.strokeStyle = line
  context.lineWidth = width * pixel
  context.setLineDash(dash.map((length) => length * pixel))
  for (const { path, offset } of pieces) {
    context.lineDashOffset = offset
    context.stroke(path)
  }
  context.setLineDash([])
}
