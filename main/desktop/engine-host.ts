import { MessageChannelMain, type MessagePortMain } from 'electron'
import type { FromEngine } from '#main/engine/process/messages.ts'
import type { ComputeChild } from './compute-child.ts'
import type { EngineChild, StartEngine } from './engine-child.ts'

interface EngineHostOptions {
  readonly startEngine: StartEngine
  readonly forkCompute: () => ComputeChild
  /** told each time that the engine's process is gone, and how */
  readonly onLost: (why: string) => void
  readonly log: (line: string) => void
}

/** An engine that lived shorter than this probably cannot live; the next start waits longer each time, ms. */
const shortLifeMs = 5000
const waitsMs = [0, 500, 2000, 5000]
/** how long an engine may take to end in order: a batch under way, a backup */
const stopMs = 15_000

interface Running {
  readonly child: EngineChild
  readonly computes: Map<number, ComputeChild>
  readonly startedAt: number
}

/**
 * Keeps an engine running in a process of its own: starts it anew when it dies, hands ports to it to its windows, and
 * forks compute processes for it.
 */
export class EngineHost {
  readonly #options: EngineHostOptions
  #running: Running | undefined
  #ready: Promise<EngineChild>
  #settleReady: (child: EngineChild) => void = () => undefined
  #nShortLives = 0
  #isStopped = false
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(options: EngineHostOptions) {
    this.#options = options
    this.#ready = this.#newReady()
    this.#start()
  }

  /** Process id of the running engine. */
  get pid(): number | undefined {
    return this.#running?.child.pid
  }

  /** A new link to the engine, as soon as it can answer. */
  async connect(): Promise<MessagePortMain> {
    const child = await this.#ready
    const { port1, port2 } = new MessageChannelMain()
    child.send({ type: 'window' }, port1)
    return port2
  }

  /** Ends the engine in order, and by force where it takes too long; none is started any more. */
  async stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    const running = this.#running
    if (!running) return
    running.child.send({ type: 'stop' })
    const timer = setTimeout(() => running.child.kill(), stopMs)
    await running.child.exited
    clearTimeout(timer)
  }

  #newReady(): Promise<EngineChild> {
    return new Promise((resolve) => (this.#settleReady = resolve))
  }

  #start(): void {
    const computes = new Map<number, ComputeChild>()
    const child = this.#options.startEngine((message) => this.#take(running, message))
    const running: Running = { child, computes, startedAt: Date.now() }
    this.#running = running
    void child.exited.then((why) => this.#isLost(running, why))
  }

  #take({ child, computes }: Running, message: FromEngine): void {
    switch (message.type) {
      case 'ready':
        this.#settleReady(child)
        break
      case 'start-compute':
        this.#startCompute({ child, computes }, message.compute)
        break
      case 'kill-compute':
        computes.get(message.compute)?.kill()
        break
      case 'log':
        this.#options.log(message.line)
    }
  }

  #startCompute({ child, computes }: Pick<Running, 'child' | 'computes'>, compute: number): void {
    const process = this.#options.forkCompute()
    computes.set(compute, process)
    void process.started.then((pid) => child.send({ type: 'compute-started', compute, pid }, process.port))
    void process.exited.then((why) => {
      computes.delete(compute)
      child.send({ type: 'compute-ended', compute, why })
    })
  }

  #isLost({ child, computes, startedAt }: Running, why: string): void {
    for (const compute of computes.values()) compute.kill()
    this.#running = undefined
    this.#ready = this.#newReady()
    if (this.#isStopped) return
    this.#options.log(`the engine (process ${child.pid ?? '?'}) is gone: ${why}`)
    this.#options.onLost(why)
    this.#nShortLives = Date.now() - startedAt < shortLifeMs ? this.#nShortLives + 1 : 0
    const wait = waitsMs[Math.min(this.#nShortLives, waitsMs.length - 1)]
    this.#timer = setTimeout(() => this.#start(), wait)
  }
}
