import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, onTestFinished } from 'vitest'
import { descendantsOf, isAlive, until } from './processes.ts'

/** A command at a terminal of its own, as a person sits at one. */
export interface Terminal {
  /** of the program that is the terminal; all that was started in it comes from there */
  readonly pid: number
  /** the exit status of the command */
  readonly ended: Promise<number | null>
  /** everything that was shown so far, control sequences too */
  shown(): string
  /** Waits until something was shown. @returns the match */
  waitFor(words: RegExp, timeoutMs: number): Promise<RegExpExecArray>
  pressCtrlC(): void
}

/** Like `describe`, where pseudo-terminals can be made; says in one line where not. */
export const describeInTerminal = hasScript()
  ? describe
  : (name: string, tests: () => void) => describe.skip(`${name} (skipped: there is no “script” of util-linux)`, tests)

/** The one of util-linux: those of other systems take other arguments. */
function hasScript(): boolean {
  try {
    return execFileSync('script', ['--version'], { encoding: 'utf8', stdio: 'pipe' }).includes('util-linux')
  } catch {
    return false
  }
}

/**
 * Starts a command at a pseudo-terminal, by a person (not by continuous integration) who has no display unless `env`
 * names one. All of it is gone when the running test has ended.
 */
export function startInTerminal(
  command: readonly string[],
  { cwd, env = {} }: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
): Terminal {
  const { CI: _, DISPLAY: __, WAYLAND_DISPLAY: ___, ...rest } = process.env
  const line = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ')
  // exec: a shell that stayed between them would get Ctrl+C as well, and some (dash) then end with 130 whatever the
  // command ended with
  const child = spawn('script', ['--quiet', '--return', '--command', `exec ${line}`, '/dev/null'], {
    cwd,
    env: { ...rest, TERM: 'xterm', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  onTestFinished(async () => {
    const all = [child.pid!, ...descendantsOf(child.pid!)].filter(isAlive)
    for (const pid of all) process.kill(pid, 'SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  })
  let shown = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (shown += text))
  const ended = once(child, 'close').then(([status]) => status as number | null)
  return {
    pid: child.pid!,
    ended,
    shown: () => shown,
    waitFor: async (words, timeoutMs) => {
      const find = (): RegExpExecArray | null => words.exec(shown)
      await until(() => find() ?? child.exitCode !== null, { what: `${words} in a terminal`, timeoutMs })
      const found = find()
      if (found === null) throw new Error(`the command ended with ${child.exitCode} and showed: ${shown}`)
      return found
    },
    pressCtrlC: () => void child.stdin.write('\u0003'),
  }
}
