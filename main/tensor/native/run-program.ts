import { spawn } from 'node:child_process'

export interface RunOptions {
  readonly signal: AbortSignal
  /** default: this process's */
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
}

/** How a program ended; it may have started others, which end with it. */
export interface Finished {
  /** null: a signal ended it */
  readonly status: number | null
  /** what it said on both streams, in the order in which it came */
  readonly output: string
}

/**
 * Runs a program to its end. An abort ends it with all that it started, and is answered when it is gone.
 * @returns null where there is no such program
 * @throws the signal's reason
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  { signal, env = process.env, cwd }: RunOptions,
): Promise<Finished | null> {
  signal.throwIfAborted()
  const hasGroups = process.platform !== 'win32'
  const child = spawn(program, args, {
    env,
    ...(cwd === undefined ? {} : { cwd }),
    stdio: ['ignore', 'pipe', 'pipe'],
    // the first of a process group: a compiler driver does not take its compiler with it
    detached: hasGroups,
    windowsHide: true,
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  }
  const end = (): void => {
    if (child.pid === undefined) return
    try {
      if (hasGroups) process.kill(-child.pid, 'SIGKILL')
      else child.kill('SIGKILL')
    } catch {
      // it has just ended by itself
    }
  }
  signal.addEventListener('abort', end, { once: true })
  try {
    const finished = await new Promise<Finished | null>((resolve, reject) => {
      child.once('error', (error: NodeJS.ErrnoException) => {
        // EACCES: on the search path, but not for this user
        if (error.code === 'ENOENT' || error.code === 'EACCES') resolve(null)
        else reject(error)
      })
      child.once('close', (status) => resolve({ status, output }))
    })
    signal.throwIfAborted()
    return finished
  } finally {
    signal.removeEventListener('abort', end)
  }
}

/** The line of a program's output that says most: the last that names an error, else the last. */
export function tellingLine(output: string): string {
  const lines = output.split('\n').flatMap((line) => line.trim() || [])
  return lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1) ?? 'it said nothing'
}
