/** Something that the engine has to hear of, in order. */
export interface Sending {
  /** of the image it belongs to */
  readonly image: number
  /** resolves when the engine has it on disk */
  readonly send: () => Promise<void>
}

/**
 * Sends one after the other. After a failure it stops, keeps what was not sent and waits for `retry`: a later stroke must
 * not reach the journal before an earlier one.
 */
export class Outbox<Item extends Sending> {
  #waiting: Item[] = []
  #isSending = false
  #hasFailed = false
  #idle: (() => void)[] = []
  readonly #onChange: () => void

  /** @param onChange is called after anything was added, sent or refused */
  constructor(onChange: () => void) {
    this.#onChange = onChange
  }

  /** What is not on disk yet, the one that is being sent included. */
  get waiting(): readonly Item[] {
    return this.#waiting
  }

  get hasFailed(): boolean {
    return this.#hasFailed
  }

  add(item: Item): void {
    this.#waiting.push(item)
    this.#onChange()
    void this.#run()
  }

  /** Goes on after a failure, with what was refused first. */
  retry(): void {
    if (!this.#hasFailed) return
    this.#hasFailed = false
    this.#onChange()
    void this.#run()
  }

  /** Forgets what was not sent. */
  clear(): void {
    this.#waiting = []
    this.#hasFailed = false
    this.#settle()
    this.#onChange()
  }

  /** Resolves when everything was sent or a failure stopped it. */
  settled(): Promise<void> {
    return new Promise((resolve) => {
      this.#idle.push(resolve)
      this.#settle()
    })
  }

  async #run(): Promise<void> {
    if (this.#isSending) return
    this.#isSending = true
    while (this.#waiting.length > 0 && !this.#hasFailed) {
      const item = this.#waiting[0]!
      try {
        await item.send()
        if (this.#waiting[0] === item) this.#waiting.shift()
      } catch {
        // the sender knows why and says so; here it only matters that the order is kept
        this.#hasFailed = this.#waiting[0] === item
      }
      this.#onChange()
    }
    this.#isSending = false
    this.#settle()
  }

  #settle(): void {
    if (this.#isSending || (this.#waiting.length > 0 && !this.#hasFailed)) return
    const idle = this.#idle
    this.#idle = []
    for (const resolve of idle) resolve()
  }
}
