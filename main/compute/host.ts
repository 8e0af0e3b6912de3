import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Link } from '#common/contract/rpc.ts'
import { ErrorLines } from '#main/process/last-words.ts'
import { processLink } from '#main/process/process-link.ts'

/** A running compute process, as the engine sees it. */
export interface ComputeProcess {
  readonly link: Link
  /** of the operating system; undefined until it has begun, where a host starts it for the engine */
  readonly pid: number | undefined
  /** Resolves when the process is gone, with what is known about why. */
  readonly exited: Promise<string>
  kill(): void
}

/** Starts a compute process. Each host has its own way: a child of Node here, a utility process in Electron. */
export type StartCompute = () => ComputeProcess

/** The way of the command line and the server: a child process of this Node. */
export const startComputeChild: StartCompute = () => {
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.mjs'
  const entry = fileURLToPath(new URL(`./compute-process${extension}`, import.meta.url))
  const child = fork(entry, { serialization: 'advanced', stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
  // where this process ends without waiting for anything, as the second Ctrl+C makes it
  const end = (): void => void child.kill('SIGKILL')
  process.once('exit', end)
  const errors = new ErrorLines()
  const stderr = child.stderr!.setEncoding('utf8')
  stderr.on('data', (text: string) => errors.add(text))
  // what it said last may arrive after its end; the child's own `close` event does not come after `disconnect()`
  const saidAll = new Promise((resolve) => stderr.once('close', resolve))
  const exited = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(`it could not be started: ${error.message}`))
    child.on('exit', (code, signal) => {
      process.off('exit', end)
      const how = signal ? `it was ended by ${signal}` : `it ended with status ${code ?? '?'}`
      void saidAll.then(() => resolve(errors.explain(how)))
    })
  })
  return { link: processLink(child), pid: child.pid, exited, kill: () => void child.kill('SIGKILL') }
}
