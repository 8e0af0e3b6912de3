import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, linkSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { readyDesktop } from '#main/build/parts.ts'
import { findElectron } from '#main/cli/electron.ts'

const root = join(import.meta.dirname, '../..')

/** An Electron without an app of its own, for tests: `.ci/electron` fetches one. */
const testElectron = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'obalex-test/electron')

interface ElectronProgram {
  readonly path: string
  /** what comes before the program's own arguments */
  readonly args: readonly string[]
}

/** A real Electron and a display, or why there is none. */
export const electronProblem = findProblem()

function findProblem(): string | null {
  if (process.platform !== 'linux') return findElectron() === null ? 'Electron was not fetched' : null
  if (findElectron() === null && !existsSync(join(testElectron, 'electron'))) {
    return 'no Electron was found; .ci/electron fetches one'
  }
  return hasDisplay() || hasXvfb() ? null : 'there is no display, and no Xvfb to make one'
}

/**
 * Electron with the program of a folder, which is found beside it as in a packaged program: an Electron that was
 * packaged itself knows no other way.
 * @param app folder with a package.json
 * @param place folder in which one may be put together
 */
export function electronFor(app: string, place: string): ElectronProgram {
  const installed = findElectron()
  if (installed !== null) return { path: installed, args: [app] }
  const folder = mkdtempSync(join(place, 'electron-'))
  for (const name of readdirSync(testElectron)) {
    const file = join(testElectron, name)
    if (name === 'electron') linkOrCopy(file, join(folder, name))
    else if (name !== 'resources') symlinkSync(file, join(folder, name))
  }
  mkdirSync(join(folder, 'resources'))
  symlinkSync(app, join(folder, 'resources/app'))
  return { path: join(folder, 'electron'), args: [] }
}

/** It finds what it needs beside itself, so that it must be there and no symbolic link. */
function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to)
  } catch {
    copyFileSync(from, to) // on another disk
  }
}

/** The built desktop program, ready for `electronFor`. */
export async function readyProgram(): Promise<string> {
  await readyDesktop({ note: () => undefined, signal: new AbortController().signal })
  return root
}

function hasDisplay(): boolean {
  return ['DISPLAY', 'WAYLAND_DISPLAY'].some((name) => process.env[name])
}

function hasXvfb(): boolean {
  try {
    execFileSync('Xvfb', ['-help'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

export interface Display {
  /** the environment that names it */
  readonly env: Readonly<Record<string, string>>
  stop(): Promise<void>
}

/** The machine's display, or one that nobody sees. Whoever asked for it stops it. */
export async function startDisplay(): Promise<Display> {
  if (hasDisplay()) return { env: {}, stop: () => Promise.resolve() }
  const server = spawn('Xvfb', ['-displayfd', '1', '-screen', '0', '1680x1050x24'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [number] = (await once(server.stdout, 'data')) as [Buffer]
  return {
    env: { DISPLAY: `:${number.toString().trim()}` },
    async stop() {
      server.kill()
      await once(server, 'exit')
    },
  }
}
