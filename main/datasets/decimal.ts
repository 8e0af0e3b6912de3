/** NaN where a text is no number in decimals; white space around it is none of it. */
export function numberIn(text: string): number {
  return /^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i.test(text) ? Number(text) : NaN
}
