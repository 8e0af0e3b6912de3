import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { temporaryFolder } from './builders/temporary-folder.ts'

const root = join(import.meta.dirname, '..')
const run = promisify(execFile)

/** One forbidden import a rule: the file that imports, and what it imports. */
const planted: readonly (readonly [rule: string, file: string, imports: string])[] = [
  ['common-is-pure', 'common/planted/node.ts', 'node:fs'],
  ['renderer-via-bridge', 'renderer/planted/engine.ts', '../../main/engine/planted/target.ts'],
  ['preload-is-thin', 'preload/planted/engine.ts', '../../main/engine/planted/target.ts'],
  ['electron-in-hosts', 'main/engine/planted/electron.ts', 'electron'],
  ['engine-knows-no-host', 'main/engine/planted/host.ts', '../../cli/planted/target.ts'],
  ['store-and-tensor-at-the-bottom', 'main/project/planted/upwards.ts', '../../datasets/planted/target.ts'],
  ['siblings-apart', 'main/explainers/planted/sibling.ts', '../../datasets/planted/target.ts'],
  ['engine-has-no-model-code', 'main/engine/planted/model.ts', 'onnxruntime-node'],
  ['sample-draws-only', 'main/sample/planted/engine.ts', '../../engine/planted/target.ts'],
  ['no-cycle', 'common/planted/back.ts', './cycle.ts'],
  ['resolvable', 'common/planted/lost.ts', './nowhere.ts'],
]
const targets = ['main/engine/planted/target.ts', 'main/cli/planted/target.ts', 'main/datasets/planted/target.ts']

function plant(folder: string, path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}

it('every layer rule fires on a forbidden import', async () => {
  const folder = temporaryFolder()
  for (const name of ['package.json', 'tsconfig.json', '.dependency-cruiser.cjs'])
    cpSync(join(root, name), join(folder, name))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  for (const path of targets) plant(folder, path, 'export const target = 1')
  plant(folder, 'common/planted/cycle.ts', "export * from './back.ts'")
  for (const [, file, imports] of planted) plant(folder, file, `export * from '${imports}'`)

  const cruise = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs')
  const args = [cruise, '--config', '.dependency-cruiser.cjs', 'common', 'main', 'preload', 'renderer']
  const { code, stdout } = await run(process.execPath, args, { cwd: folder }).then(
    (done) => ({ code: 0, stdout: done.stdout }),
    (failure: unknown) => failure as { code: number; stdout: string },
  )
  for (const [rule, file] of planted) expect(stdout).toContain(`error ${rule}: ${file}`)
  expect(code).toBeGreaterThan(0)
})
