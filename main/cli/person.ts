import { platform } from 'node:process'

/** Who the command line talks to, and by what: nobody in a script, in a container, in continuous integration. */
export interface Person {
  /** windows can be shown */
  readonly hasDisplay: boolean
  /** somebody reads what is printed, and can press Ctrl+C */
  readonly hasTerminal: boolean
  /** shows a file or an address to them; null where that cannot be seen */
  readonly openFile: OpenFile | null
}

/** Opens something in the program that the system has for it; resolves when that has been asked to start. */
type OpenFile = (path: string) => Promise<void>

/** The person at this process. */
export function personHere(): Person {
  const isAutomatic = process.env['CI'] !== undefined
  const canShow = platform !== 'linux' || ['DISPLAY', 'WAYLAND_DISPLAY'].some((name) => process.env[name])
  const hasDisplay = canShow && !isAutomatic
  const hasTerminal = process.stdout.isTTY && !isAutomatic
  return { hasDisplay, hasTerminal, openFile: hasDisplay && hasTerminal ? openWithSystem : null }
}

async function openWithSystem(path: string): Promise<void> {
  const { default: open } = await import('open')
  // where no program takes it, its path was printed
  await open(path).catch(() => undefined)
}
