/**
 * Where a key leads in a grid of items that fills row by row.
 * @param index of the item that is selected; −1: none
 * @returns the index to go to; null where the key is no move, or leads nowhere
 */
export function moveInGrid(
  key: string,
  index: number,
  { length, nColumns }: { readonly length: number; readonly nColumns: number },
): number | null {
  const page = nColumns * 4
  const steps: Readonly<Record<string, number>> = {
    ArrowLeft: -1,
    ArrowRight: 1,
    ArrowUp: -nColumns,
    ArrowDown: nColumns,
    PageUp: -page,
    PageDown: page,
  }
  if (length === 0) return null
  if (key === 'Home') return 0
  if (key === 'End') return length - 1
  const step = steps[key]
  if (step === undefined) return null
  if (index < 0) return 0
  const next = index + step
  if (key.startsWith('Page')) return Math.min(Math.max(next, 0), length - 1)
  return next < 0 || next >= length ? null : next
}
