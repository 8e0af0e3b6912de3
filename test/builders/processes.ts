import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'

/** False too where a process has ended and only nobody has asked for its status yet, as in containers without an init. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  return statOf(pid)?.state !== 'Z'
}

/** What Linux says of a process; undefined elsewhere, and where there is none. */
function statOf(pid: number): { readonly state: string; readonly ppid: number } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // the name in parentheses may hold anything; after it come the state and the parent
    const [state, ppid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { state: state!, ppid: Number(ppid) }
  } catch {
    return undefined
  }
}

/** Waits until a process is gone. */
export async function gone(pid: number, timeoutMs = 5000): Promise<void> {
  await until(() => !isAlive(pid), { timeoutMs, what: `process ${pid} to be gone` })
}

/**
 * Waits until something that another process does can be seen: asks again and again.
 * @returns the first answer that is neither null nor undefined nor false
 */
export async function until<T>(
  ask: () => T | Promise<T>,
  { what, timeoutMs = 30_000, everyMs = 15 }: { what: string; timeoutMs?: number; everyMs?: number },
): Promise<Exclude<Awaited<T>, null | undefined | false>> {
  const end = performance.now() + timeoutMs
  for (;;) {
    const answer = await ask()
    if (answer !== null && answer !== undefined && answer !== false) {
      return answer as Exclude<Awaited<T>, null | undefined | false>
    }
    if (performance.now() > end) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`)
    await wait(everyMs)
  }
}

/** The process that a process has started from the file of that name, if there is one now. */
export function childOf(parent: number, name: 'compute-process' | 'engine-process'): number | undefined {
  return processes().find(({ ppid, command }) => ppid === parent && command.includes(name))?.pid
}

/** The processes that a process has started, and those that they have. */
export function descendantsOf(parent: number, all = processes()): number[] {
  return all.filter(({ ppid }) => ppid === parent).flatMap(({ pid }) => [pid, ...descendantsOf(pid, all)])
}

interface RunningProcess {
  readonly pid: number
  readonly ppid: number
  readonly command: string
}

function processes(): RunningProcess[] {
  return process.platform === 'linux' ? processesOfProc() : processesOfPs()
}

function processesOfProc(): RunningProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ')
        const stat = statOf(Number(name))
        return stat ? [{ pid: Number(name), ppid: stat.ppid, command }] : []
      } catch {
        return [] // it has ended meanwhile
      }
    })
}

function processesOfPs(): RunningProcess[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n')
  return lines.flatMap((line) => {
    const [, pid, ppid, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? []
    return command === undefined ? [] : [{ pid: Number(pid), ppid: Number(ppid), command }]
  })
}
