import { describe } from 'vitest'
import { hasTestData } from './data-paths.ts'

export { hasTestData, testData } from './data-paths.ts'

/** A suite that needs the test data; where they are absent it is reported as skipped, with the reason in its name. */
export function describeWithData(name: string, suite: () => void): void {
  if (hasTestData) describe(name, suite)
  else describe.skip(`${name} (skipped: no test data)`, suite)
}
