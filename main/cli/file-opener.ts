import { platform } from 'node:process'
import type { OpenFile } from './command.ts'

/** How to show a file, where a person sits before a screen: at a terminal, and with a display where the system may have none. */
export function fileOpener(): OpenFile | null {
  const hasDisplay = platform !== 'linux' || ['DISPLAY', 'WAYLAND_DISPLAY'].some((name) => process.env[name])
  if (!hasDisplay || !process.stdout.isTTY || process.env['CI'] !== undefined) return null
  return async (path) => {
    const { default: open } = await import('open')
    // where no program takes it, its path was printed
    await open(path).catch(() => undefined)
  }
}
