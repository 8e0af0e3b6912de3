import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, linkSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe } from 'vitest'
import { readyDesktop } from '#main/build/parts.ts'
import { findElectron } from '#main/cli/electron.ts'
import { temporaryFolder } from './temporary-folder.ts'

const root = join(import.meta.dirname, '../..')

/** An Electron without an app of its own, for tests: `.ci/electron` fetches one. */
const testElectron = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'obalex-test/electron')

export interface ElectronProgram {
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

/** Like `describe`, where there are Electron and a display; says in one line where not. */
export const describeInElectron =
  electronProblem === null
    ? describe
    : (name: string, tests: () => void) => describe.skip(`${name} (skipped: ${electronProblem})`, tests)

/**
 * Electron with the program of a folder, which is found beside it as in a packaged program: an Electron that was
 * packaged itself knows no other way.
 * @param app folder with a package.json
 */
export function electronFor(app: string): ElectronProgram {
  const installed = findElectron()
  if (installed !== null) return { path: installed, args: [app] }
  const folder = temporaryFolder()
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

/** A display for all tests of a file: the machine's, or one that nobody sees. @returns the environment that names it */
export function useDisplay(): () => Promise<Readonly<Record<string, string>>> {
  let server: ChildProcess | undefined
  let display: Promise<string> | undefined
  afterAll(async () => {
    if (server === undefined || server.exitCode !== null) return
    server.kill()
    await once(server, 'exit')
  })
  const start = async (): Promise<string> => {
    server = spawn('Xvfb', ['-displayfd', '1', '-screen', '0', '1680x1050x24'], { stdio: ['ignore', 'pipe', 'ignore'] })
    const [number] = (await once(server.stdout!, 'data')) as [Buffer]
    return `:${number.toString().trim()}`
  }
  return async () => (hasDisplay() ? {} : { DISPLAY: await (display ??= start()) })
}
