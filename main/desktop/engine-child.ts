import { fork } from 'node:child_process'
import { utilityProcess, type MessagePortMain } from 'electron'
import { fromText, toText, type ChannelText } from '#main/engine/process/channel-text.ts'
import type { ChannelMessage, FromEngine, ToEngine } from '#main/engine/process/messages.ts'
import { ErrorLines } from '#main/process/last-words.ts'

/** The running process of an engine, as its host sees it. */
export interface EngineChild {
  /** @param port goes to the engine; whoever has its other end talks to it */
  send(message: ToEngine, port?: MessagePortMain): void
  /** Resolves when the process is gone, with what is known about why. */
  readonly exited: Promise<string>
  readonly pid: number | undefined
  kill(): void
}

/** Starts an engine; what it says before it is listened to is not lost, because it says it later. */
export type StartEngine = (onMessage: (message: FromEngine) => void) => EngineChild

/**
 * In a utility process of Electron: the engine is given the ports themselves.
 * @param folder that paths without one are in
 */
export function utilityEngine(entry: string, folder: string): StartEngine {
  return (onMessage) => {
    const child = utilityProcess.fork(entry, [], {
      serviceName: 'ObAlEx engine',
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const errors = new ErrorLines()
    child.stderr?.on('data', (chunk: Buffer) => errors.add(chunk.toString()))
    child.on('message', (message: FromEngine) => onMessage(message))
    const exited = new Promise<string>((resolve) => {
      child.on('exit', (code) => resolve(errors.explain(`it ended with status ${code}`)))
    })
    return {
      send: (message, port) => child.postMessage(message, port ? [port] : []),
      exited,
      get pid() {
        return child.pid
      },
      kill: () => void child.kill(),
    }
  }
}

/** In a child of a Node of its own: what comes and goes on the ports is passed on through this process. */
export function nodeEngine(node: string, entry: string, folder: string): StartEngine {
  return (onMessage) => {
    const child = fork(entry, [], {
      execPath: node,
      execArgv: [],
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    const errors = new ErrorLines()
    const ports = new Map<number, MessagePortMain>()
    let nPorts = 0
    const post = (message: ChannelMessage<ToEngine>): void => {
      if (child.connected) child.send(toText(message), () => undefined)
    }
    const pass = (port: MessagePortMain): number => {
      const number = ++nPorts
      ports.set(number, port)
      port.on('message', ({ data }) => post({ port: number, data: data as unknown }))
      port.on('close', () => {
        if (ports.delete(number)) post({ port: number, isClosed: true })
      })
      port.start()
      return number
    }
    child.stderr!.setEncoding('utf8').on('data', (text: string) => errors.add(text))
    child.on('message', (received) => {
      const given = fromText(received as ChannelText<FromEngine>)
      if ('message' in given) onMessage(given.message)
      else if ('data' in given) ports.get(given.port)?.postMessage(given.data)
      else {
        ports.get(given.port)?.close()
        ports.delete(given.port)
      }
    })
    const exited = new Promise<string>((resolve) => {
      child.on('error', (error) => resolve(`it could not be started: ${error.message}`))
      child.on('exit', (code, signal) => {
        for (const port of ports.values()) port.close()
        ports.clear()
        resolve(errors.explain(signal ? `it was ended by ${signal}` : `it ended with status ${code ?? '?'}`))
      })
    })
    return {
      send: (message, port) => post(port ? { message, port: pass(port) } : { message }),
      exited,
      pid: child.pid,
      kill: () => void child.kill('SIGKILL'),
    }
  }
}
