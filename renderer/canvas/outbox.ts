/** Something that the engine has to hear of, in order. */
export interface Sending {
  /** of the image it belongs to */
  readonly image: number
  /** resolves when the engine has it on disk */
  readonly send: () => Promise<void>
}

interface Waiter {
  /** undefined: all of them */
  readonly image: number | undefined
  readonly resolve: () => void
}

/**
 * Sends one after the other. After a failure it stops, keeps what was not sent and waits for `retry`: a later stroke must
 * not reach the journal before an earlier one.
 */
export class Outbox<Item extends Sending> {
  #waiting: Item[] = []
  #isSending = false
  #hasFailed = false
  #idle: Waiter[] = []
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

  /** Forgets what was not sent of an image. */
  drop(image: number): void {
    if (this.#waiting[0]?.image === image) this.#hasFailed = false
    this.#waiting = this.#waiting.filter((item) => item.image !== image)
    this.#settle()
    this.#onChange()
    void this.#run()
  }

  /** Resolves when everything was sent or a failure stopped it. @param image only what is of this one */
  settled(image?: number): Promise<void> {
    return new Promise((resolve) => {
      this.#idle.push({ image, resolve })
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
      this.#settle()
      this.#onChange()
    }
    this.#isSending = false
  }

  #settle(): void {
    const isIdle = ({ image }: Waiter): boolean =>
      this.#hasFailed || !this.#waiting.some((item) => image === undefined || item.image === image)
    const idle = this.#idle.filter(isIdle)
    this.#idle = this.#idle.filter((waiter) => !isIdle(waiter))
    for (const { resolve } of idle) resolve()
  }
}
