import { afterAll, describe } from 'vitest'
import { electronProblem, startDisplay, type Display } from './electron-program.ts'

/** Like `describe`, where there are Electron and a display; says in one line where not. */
export const describeInElectron =
  electronProblem === null
    ? describe
    : (name: string, tests: () => void) => describe.skip(`${name} (skipped: ${electronProblem})`, tests)

/** A display for all tests of a file. @returns the environment that names it */
export function useDisplay(): () => Promise<Readonly<Record<string, string>>> {
  let display: Promise<Display> | undefined
  afterAll(async () => (await display)?.stop())
  return async () => (await (display ??= startDisplay())).env
}
