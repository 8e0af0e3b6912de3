import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    testTimeout: 90_000,
    // what is built on this machine must not change results; tests that are about it name a folder of their own
    // nor does what a command keeps for its user belong into the home of whoever tests
    env: { OBALEX_TENSORFLOW: 'out/test/no-tensorflow', OBALEX_HOME: join(import.meta.dirname, 'out/test/home') },
    // most of the time goes by in processes that tests wait for
    maxWorkers: '100%',
    // tests that kill, cancel and time real processes share two noisy cores there; a second failure is a failure
    retry: process.env['CI'] ? 1 : 0,
    reporters: process.env['CI'] ? ['default', 'json'] : ['default'],
    outputFile: { json: 'out/test/vitest.json' },
  },
})
