import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { Writable } from 'node:stream'
import { runCommandLine } from '#main/cli/command-line.ts'

const root = join(import.meta.dirname, '../../..')
// as bin/obalex.mjs has it: the processes that are started from here start in half the time
process.env['NODE_COMPILE_CACHE'] ??= join(root, 'node_modules/.cache/obalex')

export interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command line in this process, as an own process would; paths must be absolute. */
export async function obalex(args: readonly string[], { isDebugging = false } = {}): Promise<Ended> {
  const texts = { stdout: '', stderr: '' }
  const stdout = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      texts.stdout += chunk.toString()
      done()
    },
  })
  const stderr = { write: (text: string) => (texts.stderr += text) }
  const status = await runCommandLine(args, { stdout, stderr, signal: new AbortController().signal, isDebugging })
  return { status, ...texts }
}

/** Runs a command with --json and gives what it prints; fails where it does not end with this status. */
export async function obalexJson<T>(args: readonly string[], { status = 0 } = {}): Promise<T> {
  // what the engine answers is checked against the contract, too
  const ended = await obalex([...args, '--json'], { isDebugging: true })
  if (ended.status !== status) throw new Error(`status ${String(ended.status)}: ${ended.stderr}`)
  return JSON.parse(ended.stdout) as T
}

/** The entry of the command line, run from source by this Node. */
const entry: readonly string[] = [process.execPath, join(root, 'main/cli/index.ts')]

/** The command as it is installed, run by another Node. */
export function installed(node: string): readonly string[] {
  return [node, join(root, 'bin/obalex.mjs')]
}

/** The Node of the machine, which may be too old for the program. */
export function machineNode(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'))
  return folders.map((folder) => join(folder, 'node')).find((path) => existsSync(path))
}

export interface Started {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
}

export interface StartOptions {
  /** what stands before the arguments */
  readonly command?: readonly string[]
  readonly cwd?: string
  /** makes it the first of a process group, which signals can be sent to as terminals do */
  readonly isGroup?: boolean
}

/** Starts the command as a process of its own. */
export function startObalex(
  args: readonly string[],
  { command = entry, cwd = root, isGroup = false }: StartOptions = {},
): Started {
  const [node, ...before] = command
  const child = spawn(node!, [...before, ...args], { cwd, detached: isGroup, stdio: ['ignore', 'pipe', 'pipe'] })
  const texts = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => (texts[name] += text))
  }
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status) => resolve({ status, ...texts }))
  })
  return { child, ended }
}
