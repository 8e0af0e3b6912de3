import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Link } from '#common/contract/rpc.ts'
import { processLink } from './process-link.ts'

/** A running compute process, as the engine sees it. */
export interface ComputeProcess {
  readonly link: Link
  readonly pid: number
  /** Resolves when the process is gone, with what is known about why. */
  readonly exited: Promise<string>
  kill(): void
}

/** Starts a compute process. Each host has its own way: a child of Node here, a utility process in Electron. */
export type StartCompute = () => ComputeProcess

const keptErrorLines = 40

/** The way of the command line and the server: a child process of this Node. */
export const startComputeChild: StartCompute = () => {
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.mjs'
  const entry = fileURLToPath(new URL(`./compute-process${extension}`, import.meta.url))
  const child = fork(entry, { serialization: 'advanced', stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
  // where this process ends without waiting for anything, as the second Ctrl+C makes it
  const end = (): void => void child.kill('SIGKILL')
  process.once('exit', end)
  let errors: string[] = []
  const stderr = child.stderr!.setEncoding('utf8')
  stderr.on('data', (text: string) => {
    errors = [...errors, ...text.split('\n').filter((line) => line.trim() !== '')].slice(-keptErrorLines)
  })
  // what it said last may arrive after its end; the child's own `close` event does not come after `disconnect()`
  const saidAll = new Promise((resolve) => stderr.once('close', resolve))
  const exited = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(`it could not be started: ${error.message}`))
    child.on('exit', (code, signal) => {
      process.off('exit', end)
      const how = signal ? `it was ended by ${signal}` : `it ended with status ${code ?? '?'}`
      void saidAll.then(() => {
        const words = lastWords(errors)
        resolve(words === undefined ? how : `${how}; it last said: ${words}`)
      })
    })
  })
  return { link: processLink(child), pid: child.pid ?? -1, exited, kill: () => void child.kill('SIGKILL') }
}

/** The line that says most about an end: the last one that names an error, else the last that is no stack frame. */
export function lastWords(lines: readonly string[]): string | undefined {
  const words = lines.filter((line) => !/^\s*(at |\d+: |Node\.js v|-+ )/.test(line)).map((line) => line.trim())
  return words.findLast((line) => /error|fatal/i.test(line)) ?? words.at(-1)
}
