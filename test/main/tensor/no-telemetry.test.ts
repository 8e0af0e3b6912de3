import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../../builders/temporary-folder.ts'

const root = join(import.meta.dirname, '../../..')

/** Makes a session in a fresh process with an empty home, and lists what was written there. */
function filesAfterSession(script: string): string[] {
  const home = temporaryFolder()
  mkdirSync(join(home, 'tmp'))
  const { ORT_DISABLE_TELEMETRY: _, ...env } = process.env
  execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: root,
    env: { ...env, HOME: home, TMPDIR: join(home, 'tmp'), XDG_CACHE_HOME: join(home, '.cache') },
    stdio: 'pipe',
  })
  return readdirSync(home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)
}

it('keeps ONNX Runtime from collecting and sending anything', () => {
  const files = filesAfterSession(`
    const { probeRuntime } = await import('./main/tensor/probe.ts')
    const { onnxRuntime } = await import('./main/tensor/onnx/onnx-runtime.ts')
    const report = await probeRuntime(onnxRuntime)
    if (!report.isUsable) throw new Error(report.reason)
    await new Promise((resolve) => setTimeout(resolve, 500))
  `)
  expect(files).toEqual([])
})
