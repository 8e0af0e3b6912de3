import { cosine, sine } from './arithmetic.ts'

/** Where local coordinates (x to the right, y down) lie on the canvas: canvas = a·x + c·y + e, b·x + d·y + f. */
export interface Frame {
  readonly a: number
  readonly b: number
  readonly c: number
  readonly d: number
  readonly e: number
  readonly f: number
  /** Pixels a local unit; heights are scaled by it. */
  readonly size: number
}

/** A frame within another: first scaled, then turned (radians, clockwise on the screen), then moved to x, y. */
export interface Placement {
  readonly x: number
  readonly y: number
  readonly angle?: number
  readonly size?: number
  /** Stretches across and along the local axes; negative mirrors. Heights stay. */
  readonly across?: number
  readonly along?: number
}

/** Places a local system in an outer one. */
export function placed(outer: Frame, { x, y, angle = 0, size = 1, across = 1, along = 1 }: Placement): Frame {
  const cos = cosine(angle) * size
  const sin = sine(angle) * size
  const { a, b, c, d, e, f } = outer
  return {
    a: (a * cos + c * sin) * across,
    b: (b * cos + d * sin) * across,
    c: (c * cos - a * sin) * along,
    d: (d * cos - b * sin) * along,
    e: a * x + c * y + e,
    f: b * x + d * y + f,
    size: outer.size * size,
  }
}

/** The frame of a whole canvas, `size` pixels a unit, its middle at the canvas point x, y. */
export function rootFrame(x: number, y: number, size: number): Frame {
  return { a: size, b: 0, c: 0, d: size, e: x, f: y, size }
}
