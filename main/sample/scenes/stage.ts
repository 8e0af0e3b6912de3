import { within, type Brush } from './canvas.ts'
import type { Random } from './random.ts'

/** How far the canvas goes beyond the picture on every side, scene units: shadows and blurs need to know what is there. */
export const border = 6

/** Where something is painted, and what decides how. */
export interface Site extends Brush {
  readonly random: Random
}

/** A whole scene. Its frame has scene units: (0, 0) is the picture's top left corner, and a unit a pixel at scale 1. */
export interface Stage extends Site {
  /** Of the picture, scene units. */
  readonly width: number
  readonly height: number
}

/** A site of a given size (scene units) somewhere in the picture, or up to `beyond` outside, turned anyhow. */
export function anywhere(stage: Stage, size: number, beyond = 0): Site {
  const { width, height, random } = stage
  const x = random.between(-beyond, width + beyond)
  const y = random.between(-beyond, height + beyond)
  return { ...within(stage, { x, y, angle: random.between(0, 2 * Math.PI), size }), random }
}
