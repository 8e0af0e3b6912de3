import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    testTimeout: 90_000,
    // what is built on this machine must not change results; tests that are about it name a folder of their own
    env: { OBALEX_TENSORFLOW: 'out/test/no-tensorflow' },
    // most of the time goes by in processes that tests wait for
    maxWorkers: '100%',
    // tests that kill, cancel and time real processes share two noisy cores there; a second failure is a failure
    retry: process.env['CI'] ? 1 : 0,
    reporters: process.env['CI'] ? ['default', 'json'] : ['default'],
    outputFile: { json: 'out/test/vitest.json' },
  },
})
