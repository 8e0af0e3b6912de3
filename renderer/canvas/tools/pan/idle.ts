import type { ToolState } from '../tool.ts'

export const idle: ToolState = { onPointerDown: () => 'panning' }
