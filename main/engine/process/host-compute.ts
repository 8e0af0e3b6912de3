import { portLink, type Port } from '#common/contract/links/port.ts'
import type { Link, Message } from '#common/contract/rpc.ts'
import { LinkListeners } from '#common/contract/links/wire.ts'
import type { ComputeProcess, StartCompute } from '#main/compute/host.ts'
import type { HostLine } from './host-line.ts'

/** Compute processes that the host starts for the engine, because only it can. */
export class HostCompute {
  readonly #line: HostLine
  readonly #processes = new Map<number, Starting>()
  #nStarted = 0

  constructor(line: HostLine) {
    this.#line = line
  }

  /** Asks for one; what is sent before it runs waits for it. */
  readonly start: StartCompute = () => {
    const compute = ++this.#nStarted
    const starting = new Starting(() => this.#line.send({ type: 'kill-compute', compute }))
    this.#processes.set(compute, starting)
    this.#line.send({ type: 'start-compute', compute })
    return starting
  }

  /** @param port the link of the process */
  started(compute: number, pid: number | null, port: Port): void {
    this.#processes.get(compute)?.begin(pid, portLink(port))
  }

  ended(compute: number, why: string): void {
    this.#processes.get(compute)?.end(why)
    this.#processes.delete(compute)
  }
}

/** A compute process that may not have begun yet. */
class Starting implements ComputeProcess {
  readonly exited: Promise<string>
  readonly kill: () => void
  readonly link: Link
  pid: number | undefined
  readonly #listeners = new LinkListeners()
  readonly #early: Message[] = []
  #begun: Link | undefined
  #settle: (why: string) => void = () => undefined

  constructor(kill: () => void) {
    this.kill = kill
    this.exited = new Promise((resolve) => (this.#settle = resolve))
    this.link = {
      send: (message) => {
        if (this.#begun) this.#begun.send(message)
        else if (!this.#listeners.isClosed) this.#early.push(message)
      },
      onMessage: (listener) => this.#listeners.addMessage(listener),
      onClose: (listener) => this.#listeners.addClose(listener),
      close: () => {
        // one that has not begun yet cannot hear that nobody wants it any more
        if (this.#begun) this.#begun.close()
        else this.kill()
        this.#listeners.close()
      },
    }
  }

  begin(pid: number | null, link: Link): void {
    this.pid = pid ?? undefined
    this.#begun = link
    link.onMessage((message) => this.#listeners.deliver(message))
    link.onClose((reason) => this.#listeners.close(reason))
    for (const message of this.#early.splice(0)) link.send(message)
    if (this.#listeners.isClosed) link.close()
  }

  end(why: string): void {
    this.#begun?.close()
    this.#listeners.close()
    this.#settle(why)
  }
}
