import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { ErrorLines } from '#main/process/last-words.ts'

/**
 * The Electron that came with the packages, if its program is there: it is fetched by itself (`npx install-electron`),
 * because it is large. `ELECTRON_OVERRIDE_DIST_PATH` names the folder of another one, as for Electron's own package.
 * @returns path of the program; null where there is none
 */
export function findElectron(env: NodeJS.ProcessEnv = process.env): string | null {
  const dist = env['ELECTRON_OVERRIDE_DIST_PATH']
  const found = dist ? join(dist, 'electron') : installedElectron()
  return found !== null && existsSync(found) ? found : null
}

function installedElectron(): string | null {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve('electron/package.json'))
    return join(folder, 'dist', readFileSync(join(folder, 'path.txt'), 'utf8').trim())
  } catch {
    return null // not installed, or not fetched
  }
}

interface DesktopRun {
  /** Resolves with null once its window is shown, or with what is known about why it cannot be. */
  readonly opened: Promise<string | null>
  /** Resolves when it has ended. */
  readonly ended: Promise<void>
}

/**
 * Starts the desktop program.
 * @param folder with the built program
 * @param project path of the one to begin with; null: the one of last time
 * @param signal ends it in order
 */
export function startDesktop(
  electron: string,
  { folder, project, signal }: { folder: string; project: string | null; signal: AbortSignal },
): DesktopRun {
  // Chromium's sandbox cannot be made for root
  const isRoot = process.platform === 'linux' && process.getuid?.() === 0
  const args = [...(isRoot ? ['--no-sandbox'] : []), folder, ...(project === null ? [] : [project])]
  const child = spawn(electron, args, {
    // the Node of this process runs the engine where that in Electron is too old
    env: { OBALEX_ENGINE_NODE: process.execPath, ...process.env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  const stop = (): void => void child.kill('SIGTERM')
  signal.addEventListener('abort', stop)
  const errors = new ErrorLines()
  child.stderr!.setEncoding('utf8').on('data', (text: string) => errors.add(text))
  const ended = once(child, 'close').then(
    () => signal.removeEventListener('abort', stop),
    () => undefined,
  )
  const opened = new Promise<string | null>((resolve) => {
    child.once('message', () => resolve(null))
    child.once('error', ({ message }) => resolve(message))
    child.once('exit', (code, by) => {
      // another window of the program was asked to show it
      if (code === 0) resolve(null)
      else resolve(errors.explain(by === null ? `it ended with status ${code ?? '?'}` : `it was ended by ${by}`))
    })
  })
  return { opened, ended }
}
