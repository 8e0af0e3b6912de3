import type { StrokeEffect } from '../tool.ts'

interface Keys {
  readonly button: number
  readonly isAlt: boolean
}

/** What a tool that adds does: Alt swaps it, the right button always subtracts. */
export function adding({ button, isAlt }: Keys): StrokeEffect {
  return button === 2 || isAlt ? 'subtract' : 'add'
}

/** What a tool that subtracts does: Alt swaps it, the right button always subtracts. */
export function subtracting({ button, isAlt }: Keys): StrokeEffect {
  return button === 2 || !isAlt ? 'subtract' : 'add'
}
