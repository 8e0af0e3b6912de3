/**
 * Colours on the canvas, the same in both themes: interface.md, section 3. Three overlays, three hues, three patterns;
 * nothing else on the canvas uses them. Widths are screen pixels.
 */
export const canvasColours = {
  surround: 'var(--surround, #1c1c1c)',
  machine: { line: '#ffffff', width: 2, dash: [8, 6], casing: 'rgba(0, 0, 0, 0.65)', casingWidth: 4 },
  correction: { line: '#55d2ff', width: 2.5, casing: 'rgba(0, 0, 0, 0.7)', casingWidth: 5 },
  /** instances that are not at hand: of no hue of their own */
  others: { line: 'rgba(220, 220, 220, 0.75)', width: 1, casing: 'rgba(0, 0, 0, 0.5)', casingWidth: 2.5 },
  /** of a photo that is not here */
  frame: { line: 'rgba(160, 160, 160, 0.8)', width: 1.5, dash: [6, 5] },
  pixelGrid: 'rgba(128, 128, 128, 0.35)',
  ring: { line: '#ffffff', width: 1.5, casing: 'rgba(0, 0, 0, 0.8)', casingWidth: 3.5 },
} as const

/** R, G, B in 0…255 and alpha in 0…1. */
export type Rgba = readonly [red: number, green: number, blue: number, alpha: number]

/** How an area is filled: a colour, and lines at 45° over it. */
export interface Hatch {
  readonly fill: Rgba
  readonly line: Rgba
  /** screen pixels across the line */
  readonly lineWidth: number
}

/** Distance of hatch lines across them, screen pixels at any zoom. */
export const hatchPitch = 9

export const overlayFills = {
  /** leaning right: "/" */
  added: { fill: [0x55, 0xd2, 0xff, 0.38], line: [0xea, 0xfa, 0xff, 0.95], lineWidth: 2.2 },
  /** leaning left: "\" */
  removed: { fill: [0xff, 0x7a, 0x3a, 0.58], line: [0x2b, 0x0d, 0x00, 0.9], lineWidth: 1.8 },
  correction: [0x55, 0xd2, 0xff, 0.08],
  /** of masks that are shown as areas and not as lines */
  correctionArea: [0x55, 0xd2, 0xff, 0.42],
  machineArea: [0xff, 0xff, 0xff, 0.36],
} as const satisfies Readonly<Record<string, Hatch | Rgba>>
