import type { AppError } from '../errors.ts'
import type { Message } from '../rpc.ts'

/**
 * Tells a message of the protocol from anything else that the other end may send. Inputs, events and outputs are not
 * looked into: the contract's schemas do that.
 */
export function isMessage(value: unknown): value is Message {
  if (typeof value !== 'object' || value === null || !('type' in value)) return false
  const message = value as Readonly<Record<string, unknown>>
  if (message['type'] === 'hello') return isWhole(message['version'])
  if (!isWhole(message['id'])) return false
  switch (message['type']) {
    case 'request':
      return typeof message['name'] === 'string'
    case 'abort':
    case 'event':
    case 'result':
      return true
    case 'failure':
      return isErrorPayload(message['error'])
    default:
      return false
  }
}

function isWhole(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function isErrorPayload(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { code, message } = value as Readonly<Record<string, unknown>>
  return typeof code === 'string' && typeof message === 'string'
}

/** Listeners of one end of a link: each close is told once, messages that come before anybody listens are kept. */
export class LinkListeners {
  readonly #onMessage: ((message: Message) => void)[] = []
  readonly #onClose: ((reason?: AppError) => void)[] = []
  readonly #early: Message[] = []
  #isClosed = false

  get isClosed(): boolean {
    return this.#isClosed
  }

  addMessage(listener: (message: Message) => void): void {
    this.#onMessage.push(listener)
    for (const message of this.#early.splice(0)) listener(message)
  }

  addClose(listener: (reason?: AppError) => void): void {
    this.#onClose.push(listener)
  }

  deliver(message: Message): void {
    if (this.#isClosed) return
    if (this.#onMessage.length === 0) this.#early.push(message)
    for (const listener of this.#onMessage) listener(message)
  }

  close(reason?: AppError): void {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const listener of this.#onClose) listener(reason)
  }
}
