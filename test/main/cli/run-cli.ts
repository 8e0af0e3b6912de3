import { Writable } from 'node:stream'
import { runCommandLine } from '#main/cli/command-line.ts'
import '../../builders/compile-cache.ts'
import type { Ended } from '../../builders/obalex-process.ts'

/** Runs a command line in this process, as an own process would; paths must be absolute. */
export async function obalex(
  args: readonly string[],
  {
    isDebugging = false,
    speedFile = null,
  }: { readonly isDebugging?: boolean; readonly speedFile?: string | null } = {},
): Promise<Ended> {
  const texts = { stdout: '', stderr: '' }
  const stdout = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      texts.stdout += chunk.toString()
      done()
    },
  })
  const stderr = { write: (text: string) => (texts.stderr += text) }
  const status = await runCommandLine(args, {
    stdout,
    stderr,
    signal: new AbortController().signal,
    person: { hasDisplay: false, hasTerminal: false, openFile: null },
    speedFile,
    isDebugging,
  })
  return { status, ...texts }
}

/** Runs a command with --json and gives what it prints; fails where it does not end with this status. */
export async function obalexJson<T>(args: readonly string[], { status = 0 } = {}): Promise<T> {
  // what the engine answers is checked against the contract, too
  const ended = await obalex([...args, '--json'], { isDebugging: true })
  if (ended.status !== status) throw new Error(`status ${String(ended.status)}: ${ended.stderr}`)
  return JSON.parse(ended.stdout) as T
}
