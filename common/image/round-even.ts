/** The nearest whole number, halves to the even one, as NumPy's `around` and Python's `round`. */
export function roundEven(value: number): number {
  const floor = Math.floor(value)
  if (value - floor !== 0.5) return Math.round(value)
  return floor % 2 === 0 ? floor : floor + 1
}
