/**
 * Sine by a polynomial, good to 10⁻⁹. JavaScript leaves the last bits of `Math.sin` to the engine; this uses nothing but
 * operations that IEEE 754 defines to the bit, so that a scene is the same on every machine.
 * @param angle radians, best below 10⁶ in size
 */
export function sine(angle: number): number {
  const turns = angle / (2 * Math.PI)
  let turn = turns - Math.round(turns)
  if (turn > 0.25) turn = 0.5 - turn
  else if (turn < -0.25) turn = -0.5 - turn
  const x = turn * 2 * Math.PI
  const xx = x * x
  return (
    x *
    (1 -
      (xx / 6) *
        (1 - (xx / 20) * (1 - (xx / 42) * (1 - (xx / 72) * (1 - (xx / 110) * (1 - (xx / 156) * (1 - xx / 210)))))))
  )
}

/** Cosine of an angle in radians; see `sine`. */
export function cosine(angle: number): number {
  return sine(angle + Math.PI / 2)
}

/** Brings a value into low … high. */
export function clamp(value: number, low: number, high: number): number {
  return value < low ? low : value > high ? high : value
}

/** The value at share t on the way from a to b; t may leave 0 … 1. */
export function mix(a: number, b: number, t: number): number {
  return a + (b - a) * t
}

/** 0 up to `from`, 1 beyond `to`, an S-shaped way between. `from` may be above `to`: then it falls. */
export function smoothStep(from: number, to: number, value: number): number {
  const t = clamp((value - from) / (to - from), 0, 1)
  return t * t * (3 - 2 * t)
}

/** The sum of many numbers. */
export function total(values: Float32Array | Uint8Array): number {
  let sum = 0
  // not for … of: its iterator would make an object of every number
  for (let i = 0; i < values.length; i++) sum += values[i]!
  return sum
}
