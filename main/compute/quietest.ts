/** How much is measured: at least so many runs, for at least so long. */
export interface Effort {
  readonly leastRuns: number
  readonly leastMs: number
}

/**
 * The quietest of several runs, after one that makes ready: what else the machine does can only make a run longer.
 * @returns milliseconds
 * @throws the signal's reason, between two runs
 */
export async function quietestMs(
  run: () => Promise<unknown>,
  { effort, signal }: { readonly effort: Effort; readonly signal: AbortSignal },
): Promise<number> {
  await run()
  const end = performance.now() + effort.leastMs
  let best = Infinity
  for (let i = 0; i < effort.leastRuns || performance.now() < end; i++) {
    signal.throwIfAborted()
    const start = performance.now()
    await run()
    best = Math.min(best, performance.now() - start)
    // lets a cancel in, which arrives as a message
    await new Promise((resolve) => setImmediate(resolve))
  }
  return best
}
