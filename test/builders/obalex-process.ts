import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { onTestFinished } from 'vitest'
import './compile-cache.ts'
import { unprivileged } from './unprivileged.ts'

const root = join(import.meta.dirname, '../..')

/** How a process ended and what it said. */
export interface Ended {
  /** null: a signal ended it */
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The entry of the command line, run from source by this Node. */
const entry: readonly string[] = [process.execPath, join(root, 'main/cli/index.ts')]

/** The command as it is installed, run by this Node or another one. */
export function installed(node: string = process.execPath): readonly string[] {
  return [node, join(root, 'bin/obalex.mjs')]
}

/** The Node of the machine, which may be too old for the program. */
export function machineNode(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'))
  return folders.map((folder) => join(folder, 'node')).find((path) => existsSync(path))
}

export interface Started {
  readonly child: ChildProcess
  /** its process id */
  readonly pid: number
  readonly ended: Promise<Ended>
}

export interface StartOptions {
  /** what stands before the arguments */
  readonly command?: readonly string[]
  readonly cwd?: string
  /** makes it the first of a process group, which signals can be sent to as terminals do */
  readonly isGroup?: boolean
  /** added to the environment */
  readonly env?: Readonly<Record<string, string>>
  /** permissions bind it, also where this is root */
  readonly isUnprivileged?: boolean
}

/** Starts the command as a process of its own; it is gone when the running test has ended. */
export function startObalex(
  args: readonly string[],
  { command = entry, cwd = root, isGroup = false, env = {}, isUnprivileged = false }: StartOptions = {},
): Started {
  const whole = [...command, ...args]
  const [program, ...rest] = isUnprivileged ? unprivileged(whole) : whole
  const child = spawn(program, rest, {
    cwd,
    detached: isGroup,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(async () => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  })
  const texts = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => (texts[name] += text))
  }
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status) => resolve({ status, ...texts }))
  })
  return { child, pid: child.pid ?? -1, ended }
}
