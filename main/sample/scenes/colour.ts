/** A reflectance: shares of red, green and blue light, 0 … 1, linear (not sRGB). */
export interface Colour {
  readonly red: number
  readonly green: number
  readonly blue: number
}

/** A colour that is being written. */
export interface MutableColour {
  red: number
  green: number
  blue: number
}

/**
 * The reflectance that `#rrggbb` shows. A gamma of 2 stands for sRGB's curve: its inverse is a square root, which every
 * machine rounds alike.
 */
export function colour(hex: string): Colour {
  const part = (at: number): number => {
    const level = parseInt(hex.slice(at, at + 2), 16) / 255
    return level * level
  }
  return { red: part(1), green: part(3), blue: part(5) }
}

/** A colour between two; t may leave 0 … 1 a little. */
export function blend(a: Colour, b: Colour, t: number): Colour {
  return {
    red: a.red + (b.red - a.red) * t,
    green: a.green + (b.green - a.green) * t,
    blue: a.blue + (b.blue - a.blue) * t,
  }
}

/** Replaces a colour. */
export function setColour(point: MutableColour, { red, green, blue }: Colour): void {
  point.red = red
  point.green = green
  point.blue = blue
}

/** Moves a colour by share t towards another. */
export function tint(point: MutableColour, { red, green, blue }: Colour, t: number): void {
  point.red += (red - point.red) * t
  point.green += (green - point.green) * t
  point.blue += (blue - point.blue) * t
}

/** Makes a colour lighter or darker. */
export function shade(point: MutableColour, factor: number): void {
  point.red *= factor
  point.green *= factor
  point.blue *= factor
}
