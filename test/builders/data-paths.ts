import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(process.env['OBALEX_TEST_DATA'] ?? join(import.meta.dirname, '../../../shared'))

/** True where the real photos, weights and golden numbers are at hand (`OBALEX_TEST_DATA`, default `../shared`). */
export const hasTestData = existsSync(join(root, 'goldens'))

/** Absolute path of a file of the test data, e.g. `testData('goldens/primitives/zoom0_in.npy')`. */
export function testData(path: string): string {
  return join(root, path)
}
