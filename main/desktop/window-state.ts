import { readFileSync } from 'node:fs'
import type { Rectangle } from 'electron'
import { z } from 'zod'

const WindowState = z.object({
  x: z.number().int(),
  y: z.number().int(),
  width: z.number().int().positive(),
  height: z.number().int().positive(),
  isMaximized: z.boolean(),
})
export type WindowState = z.output<typeof WindowState>

/** interface.md section 2: the smallest window that everything fits into */
export const minimumSize = { width: 1120, height: 700 }
const usualSize = { width: 1440, height: 900 }

/** How the last window was left; null where nobody knows. */
export function readWindowState(file: string): WindowState | null {
  try {
    return WindowState.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return null // the first window, or a file of another time
  }
}

/**
 * Where a window opens: where the last one was, if enough of that is on a screen of now to take hold of.
 * @param areas of the screens, without bars and docks; the first is the main one
 */
export function placeWindow(
  last: WindowState | null,
  areas: readonly Rectangle[],
): Partial<Rectangle> & { width: number; height: number } {
  const [main = { x: 0, y: 0, ...usualSize }] = areas
  if (last !== null && areas.some((area) => isReachable(last, area))) {
    const { x, y, width, height } = last
    return { x, y, width: Math.max(width, minimumSize.width), height: Math.max(height, minimumSize.height) }
  }
  // centred by Electron
  return {
    width: Math.max(minimumSize.width, Math.min(usualSize.width, main.width)),
    height: Math.max(minimumSize.height, Math.min(usualSize.height, main.height)),
  }
}

/** Whether the middle of the window's upper edge, by which it is moved, can be seen. */
function isReachable({ x, y, width }: WindowState, area: Rectangle): boolean {
  const middle = x + width / 2
  return middle >= area.x && middle <= area.x + area.width && y >= area.y - 8 && y <= area.y + area.height - 40
}
