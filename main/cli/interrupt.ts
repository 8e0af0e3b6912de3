import { exitStatus } from './exit.ts'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** One Ctrl+C arrives once from the terminal and again from each wrapper that hands it on (npx, bin/obalex.mjs). */
const echoMs = 500

/**
 * Turns Ctrl+C (and being asked to end) into an abort signal: work stops after what is under way. A second one ends the
 * process at once; what is in the project stays whole then, too. The end of the wrapper that started this process (see
 * bin/obalex.mjs), which was killed then, counts like Ctrl+C.
 */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController()
  let firstAt: number | undefined
  const interrupt = (): void => {
    const now = performance.now()
    if (firstAt === undefined) {
      firstAt = now
      controller.abort()
    } else if (now - firstAt > echoMs) {
      process.exit(exitStatus.interrupted)
    }
  }
  for (const signal of signals) process.on(signal, interrupt)
  process.on('disconnect', interrupt)
  process.channel?.unref()
  return controller.signal
}
