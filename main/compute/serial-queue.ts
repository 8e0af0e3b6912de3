import { untilAborted } from './until-aborted.ts'

/** Runs tasks one after the other: a device computes one thing at a time. */
export class SerialQueue {
  #tail: Promise<unknown> = Promise.resolve()

  /** @throws what the task throws; the signal's reason, at once, where it is aborted before the task's turn */
  run<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const turn = this.#tail
    const result = untilAborted(turn, signal).then(() => {
      signal?.throwIfAborted()
      return task()
    })
    // also where this one gave up waiting, those behind it wait for those before it
    this.#tail = turn.then(() => result).catch(() => undefined)
    return result
  }
}
