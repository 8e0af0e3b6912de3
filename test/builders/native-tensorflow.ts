import { homedir } from 'node:os'
import { join } from 'node:path'
import { describe } from 'vitest'
import { readCurrentBuild } from '#main/tensor/native/current-build.ts'

const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache')

/** Where `.ci/tensorflow` builds one; `OBALEX_TEST_TENSORFLOW` names another folder of builds. */
const builds = process.env['OBALEX_TEST_TENSORFLOW'] || join(cache, 'obalex-test/tensorflow')

/** The native TensorFlow of the tests; null where none was built. */
export const nativeBuild = readCurrentBuild(builds)

/**
 * Like `describe`, where a native TensorFlow was built; says in one line where not. All tests of the file, and the
 * processes that they start, then use it: to be called before any of them starts a runtime.
 */
export function describeWithNative(name: string, tests: () => void): void {
  if (nativeBuild === null) {
    describe.skip(`${name} (skipped: no native TensorFlow was built; .ci/tensorflow builds one)`, tests)
    return
  }
  process.env['OBALEX_TENSORFLOW'] = builds
  describe(name, tests)
}
