/** Runs tasks one after the other: a device computes one thing at a time. */
export class SerialQueue {
  #tail: Promise<unknown> = Promise.resolve()

  /** @throws what the task throws, or the signal's reason where it was aborted before its turn */
  run<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const result = this.#tail.then(() => {
      signal?.throwIfAborted()
      return task()
    })
    this.#tail = result.catch(() => undefined)
    return result
  }
}
