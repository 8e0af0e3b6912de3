import { painterTool } from '../brush/brush.ts'

/** Takes from the machine mask what it had under the brush; no key turns that around, but the right button erases. */
export const machineBrush = painterTool('machine-brush', ({ button }) => (button === 2 ? 'subtract' : 'restore'))
