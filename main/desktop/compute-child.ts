import { MessageChannelMain, utilityProcess, type MessagePortMain } from 'electron'
import { ErrorLines } from '#main/process/last-words.ts'

/** A compute process that was forked for the engine. */
export interface ComputeChild {
  /** the engine's end of its link */
  readonly port: MessagePortMain
  readonly started: Promise<number | null>
  readonly exited: Promise<string>
  kill(): void
}

/** Forks a compute process, and makes the link between it and the engine. */
export function forkCompute(entry: string): ComputeChild {
  const child = utilityProcess.fork(entry, [], { serviceName: 'ObAlEx compute', stdio: ['ignore', 'ignore', 'pipe'] })
  const errors = new ErrorLines()
  child.stderr?.on('data', (chunk: Buffer) => errors.add(chunk.toString()))
  const { port1, port2 } = new MessageChannelMain()
  child.postMessage(null, [port1])
  return {
    port: port2,
    started: new Promise((resolve) => child.once('spawn', () => resolve(child.pid ?? null))),
    exited: new Promise((resolve) => {
      child.once('exit', (code) => resolve(errors.explain(`it ended with status ${code}`)))
    }),
    kill: () => void child.kill(),
  }
}
