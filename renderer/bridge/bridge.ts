import { contract, type EngineClient } from '#common/contract/index.ts'
import { AppError } from '#common/contract/errors.ts'
import { connect, type Link } from '#common/contract/rpc.ts'

/** connecting: for the first time; down: lost, or not found at first; tried again all the while */
export type BridgeState = 'connecting' | 'up' | 'down'

export interface BridgeOptions {
  /** makes a new link to the engine; rejects where there is none now */
  readonly dial: () => Promise<Link>
  /** the wait before it is tried again, ms; doubled each time up to the longest */
  readonly firstWaitMs?: number
  readonly longestWaitMs?: number
}

/**
 * The page's way to the engine: one client for good, over links that may come and go. Calls made before the first link
 * is there wait for it; a link that closes fails the calls under way with 'link.closed', and so do calls while it is
 * down. Who follows something (`job.watch`) asks again when the state is `up` again.
 */
export class Bridge {
  readonly client: EngineClient
  readonly #options: Required<BridgeOptions>
  readonly #listeners = new Set<(state: BridgeState) => void>()
  readonly #first: { readonly came: Promise<void>; readonly settle: () => void }
  #state: BridgeState = 'connecting'
  #link: Link | undefined
  #linked: EngineClient | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #nFailures = 0
  #isDisposed = false

  constructor(options: BridgeOptions) {
    this.#options = { firstWaitMs: 250, longestWaitMs: 5000, ...options }
    let settle = (): void => undefined
    const came = new Promise<void>((resolve) => (settle = resolve))
    this.#first = { came, settle }
    this.client = this.#makeClient()
    void this.#dial()
  }

  get state(): BridgeState {
    return this.#state
  }

  /**
   * @param listener told the state now and each time it changes
   * @returns stops that
   */
  onState(listener: (state: BridgeState) => void): () => void {
    this.#listeners.add(listener)
    listener(this.#state)
    return () => void this.#listeners.delete(listener)
  }

  /** Closes the link and makes no other one. */
  dispose(): void {
    this.#isDisposed = true
    clearTimeout(this.#timer)
    this.#setState('down')
    this.#link?.close()
    this.#listeners.clear()
  }

  #makeClient(): EngineClient {
    const through =
      (name: keyof EngineClient) =>
      async (input: never, options: never): Promise<unknown> => {
        if (this.#state === 'connecting') await this.#first.came
        if (!this.#linked) throw new AppError('link.closed', 'there is no connection to the engine now')
        return this.#linked[name](input, options)
      }
    const names = Object.keys(contract) as (keyof EngineClient)[]
    return Object.fromEntries(names.map((name) => [name, through(name)])) as unknown as EngineClient
  }

  async #dial(): Promise<void> {
    let link: Link
    try {
      link = await this.#options.dial()
    } catch {
      this.#isLost()
      return
    }
    if (this.#isDisposed) {
      link.close()
      return
    }
    this.#nFailures = 0
    this.#link = link
    this.#linked = connect(contract, link)
    link.onClose(() => this.#isLost())
    this.#setState('up')
  }

  #isLost(): void {
    this.#link = undefined
    this.#linked = undefined
    if (this.#isDisposed) return
    const { firstWaitMs, longestWaitMs } = this.#options
    const waitMs = Math.min(longestWaitMs, firstWaitMs * 2 ** this.#nFailures++)
    this.#timer = setTimeout(() => void this.#dial(), waitMs)
    this.#setState('down')
  }

  #setState(state: BridgeState): void {
    if (state === this.#state) return
    this.#state = state
    this.#first.settle()
    for (const listener of this.#listeners) listener(state)
  }
}
