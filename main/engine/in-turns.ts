import { setImmediate as others } from 'node:timers/promises'
import type { InParts } from '#common/statistics/in-parts.ts'

/**
 * Runs long arithmetic and lets other calls in between its parts.
 * @throws what the signal says once it is aborted
 */
export async function inTurns<T>(work: InParts<T>, signal?: AbortSignal): Promise<T> {
  for (;;) {
    const step = work.next()
    if (step.done === true) return step.value
    await others()
    signal?.throwIfAborted()
  }
}
