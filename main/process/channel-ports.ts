import { EventEmitter } from 'node:events'
import type { Port } from '#common/contract/links/port.ts'

/** What comes and goes on a channel for one of its ports. */
export type PortMessage =
  { readonly port: number; readonly data: unknown } | { readonly port: number; readonly isClosed: true }

/** Ports that share one channel to another process, where that one cannot be given real ones. */
export class ChannelPorts {
  readonly #send: (message: PortMessage) => void
  readonly #ports = new Map<number, EventEmitter>()

  constructor(send: (message: PortMessage) => void) {
    this.#send = send
  }

  open(port: number): Port {
    const events = new EventEmitter()
    const early: unknown[] = []
    let isStarted = false
    const deliver = (data: unknown): void => void events.emit('message', { data })
    const arrive = (data: unknown): void => (isStarted ? deliver(data) : void early.push(data))
    events.on('arrival', arrive)
    this.#ports.set(port, events)
    return {
      postMessage: (data) => this.#send({ port, data }),
      start: () => {
        isStarted = true
        for (const data of early.splice(0)) deliver(data)
      },
      close: () => {
        if (this.#ports.delete(port)) this.#send({ port, isClosed: true })
      },
      on: (type: string, listener: (event: { readonly data?: unknown }) => void) => events.on(type, listener),
    }
  }

  /** Takes what the other process sent; for a port that is closed already it is dropped. */
  take(message: PortMessage): void {
    const events = this.#ports.get(message.port)
    if (!events) return
    if ('data' in message) {
      events.emit('arrival', message.data)
      return
    }
    this.#ports.delete(message.port)
    events.emit('close')
  }

  /** The other process is gone. */
  closeAll(): void {
    const ports = [...this.#ports.values()]
    this.#ports.clear()
    for (const events of ports) events.emit('close')
  }
}
