import type { Bitmap } from '#common/mask/bitmap.ts'
import type { GridSize, PixelRectangle } from '#common/mask/rectangle.ts'
import { hatchPitch, overlayFills, type Hatch, type Rgba } from '../colours.ts'

/** Which fills are shown. */
export interface FillSwitches {
  readonly machine: boolean
  readonly correction: boolean
  readonly difference: boolean
  /** masks are areas: strong fills, which have to do without outlines */
  readonly isArea: boolean
}

/** Where the photo lies on the canvas, device pixels. */
export interface DeviceView {
  readonly scale: number
  readonly x: number
  readonly y: number
}

/**
 * Fills of the masks, a colour for each pixel of the screen: added and removed areas hatched, the correction tinted.
 * Hatching by screen position costs a table look-up, keeps its pitch at any zoom, and has no seams where areas meet.
 */
export class OverlayPixels {
  readonly #height: number
  readonly #columns: Int32Array
  /** colour of a hatched pixel by x + y, and by x − y + height − 1 */
  readonly #added: Uint32Array
  readonly #removed: Uint32Array

  /** @param size of the canvas, device pixels @param ratio device pixels a CSS pixel */
  constructor({ width, height }: GridSize, ratio: number) {
    this.#height = height
    this.#columns = new Int32Array(width)
    this.#added = hatchTable(overlayFills.added, width + height, ratio)
    this.#removed = hatchTable(overlayFills.removed, width + height, ratio)
  }

  /**
   * Colours the pixels of a rectangle of the canvas.
   * @param masks of one size, of the instance at hand
   * @param rectangle device pixels, inside the canvas
   * @param out RGBA bytes as little-endian words, row-major [rectangle.height × rectangle.width]; all are written
   */
  paint(
    masks: { readonly machine: Bitmap; readonly current: Bitmap },
    { view, show, rectangle }: { view: DeviceView; show: FillSwitches; rectangle: PixelRectangle },
    out: Uint32Array,
  ): void {
    const { width, height } = masks.current
    const [machine, current] = [masks.machine.data, masks.current.data]
    const columns = this.#columns
    for (let i = 0; i < rectangle.width; i++) {
      const x = Math.floor((rectangle.x + i + 0.5 - view.x) / view.scale)
      columns[i] = x >= 0 && x < width ? x : -1
    }
    const { correction, correctionArea, machineArea } = overlayFills
    const tint = show.correction ? pack(show.isArea ? correctionArea : correction) : 0
    // where there is a correction, its colour says it
    const machineTint = show.machine && show.isArea ? pack(machineArea) : 0
    const bothTint = show.correction ? tint : machineTint
    for (let j = 0; j < rectangle.height; j++) {
      const at = j * rectangle.width
      const y = Math.floor((rectangle.y + j + 0.5 - view.y) / view.scale)
      out.fill(0, at, at + rectangle.width)
      if (y < 0 || y >= height) continue
      const row = y * width
      const sum = rectangle.x + rectangle.y + j
      const difference = rectangle.x - rectangle.y - j + this.#height - 1
      for (let i = 0; i < rectangle.width; i++) {
        const x = columns[i]!
        if (x < 0) continue
        const isMachine = machine[row + x]! === 1
        if (current[row + x]! === 1) {
          out[at + i] = isMachine ? bothTint : show.difference ? this.#added[sum + i]! : tint
        } else if (isMachine) out[at + i] = show.difference ? this.#removed[difference + i]! : machineTint
      }
    }
  }
}

/** Colours along a line of pixels that crosses the hatch at 45°, smooth at the edges of its lines. */
function hatchTable({ fill, line, lineWidth }: Hatch, length: number, ratio: number): Uint32Array {
  const pitch = hatchPitch * ratio
  const half = (lineWidth * ratio) / 2
  return Uint32Array.from({ length }, (_, i) => {
    const across = (i * Math.SQRT1_2) % pitch
    const fromLine = Math.min(across, pitch - across)
    return pack(over(line, Math.min(Math.max(half - fromLine + 0.5, 0), 1), fill))
  })
}

/** A colour over another, not premultiplied. */
function over([r, g, b, a]: Rgba, share: number, below: Rgba): Rgba {
  const top = a * share
  const alpha = top + below[3] * (1 - top)
  const mix = (above: number, under: number): number => (above * top + under * below[3] * (1 - top)) / alpha
  return [mix(r, below[0]), mix(g, below[1]), mix(b, below[2]), alpha]
}

function pack([r, g, b, a]: Rgba): number {
  return ((Math.round(a * 255) << 24) | (Math.round(b) << 16) | (Math.round(g) << 8) | Math.round(r)) >>> 0
}
