/** Long arithmetic that stops now and then, so that who runs it can let other work in. */
export type InParts<T> = Generator<undefined, T, undefined>

/** Runs it to its end at once. */
export function atOnce<T>(work: InParts<T>): T {
  for (;;) {
    const step = work.next()
    if (step.done === true) return step.value
  }
}
