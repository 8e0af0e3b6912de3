import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { _electron, type ElectronApplication } from '@playwright/test'
import { build } from 'vite'
import { beforeAll, expect, it, onTestFinished } from 'vitest'
import { electronFor } from '../builders/electron-program.ts'
import { describeInElectron, useDisplay } from '../builders/electron.ts'
import { describeWithNative } from '../builders/native-tensorflow.ts'
import { gone } from '../builders/processes.ts'
import { folderIn, useFolder } from '../main/engine/engine-tools.ts'
import type { EchoDesktop } from './echo-desktop/index.ts'

const root = join(import.meta.dirname, '../..')
const folder = useFolder()
const display = useDisplay()
const patience = 120_000

type WithEcho = typeof globalThis & { readonly echo: EchoDesktop }

/** Builds a program whose engine is an echo, with everything else as in the desktop program. */
async function buildProgram(): Promise<string> {
  const program = folderIn(folder)
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    build: {
      ssr: true,
      outDir: program,
      emptyOutDir: false,
      target: 'node16',
      minify: false,
      rolldownOptions: {
        input: {
          index: 'test/e2e/echo-desktop/index.ts',
          'echo-engine': 'test/e2e/echo-desktop/echo-engine.ts',
          'compute-process': 'main/compute/compute-process.ts',
        },
        output: { format: 'cjs', entryFileNames: '[name].cjs', chunkFileNames: '[name]-[hash].cjs' },
      },
    },
  })
  writeFileSync(join(program, 'package.json'), JSON.stringify({ name: 'echo', main: 'index.cjs' }))
  symlinkSync(join(root, 'node_modules'), join(program, 'node_modules'))
  return program
}

describeInElectron('an engine in a utility process of Electron', () => {
  let program: string

  beforeAll(async () => {
    program = await buildProgram()
  }, patience)

  async function start(): Promise<ElectronApplication> {
    const { path, args } = electronFor(program, folderIn(folder))
    const app = await _electron.launch({
      executablePath: path,
      args: ['--no-sandbox', ...args],
      env: { ...(process.env as Record<string, string>), ...(await display()) },
    })
    const main = app.process()
    onTestFinished(async () => {
      if (main.exitCode !== null || main.signalCode !== null) return
      main.kill('SIGKILL')
      await gone(main.pid!)
    })
    await expect.poll(() => app.evaluate(() => 'echo' in globalThis)).toBe(true)
    return app
  }

  it(
    'is handed the ports of its windows; what is binary stays so',
    async () => {
      const app = await start()
      const answer = await app.evaluate(async () => {
        const client = await (globalThis as WithEcho).echo.connect()
        const given = { text: 'sent', bytes: new Uint8Array([1, 2, 255]), floats: new Float32Array([0.5, -1]) }
        const { text, bytes, floats, pid } = await client['echo.values'](given)
        return {
          text,
          bytes: bytes instanceof Uint8Array ? [...bytes] : null,
          floats: floats instanceof Float32Array ? [...floats] : null,
          isElsewhere: pid !== process.pid,
        }
      })
      expect(answer).toEqual({ text: 'sent', bytes: [1, 2, 255], floats: [0.5, -1], isElsewhere: true })
      await app.close()
    },
    patience,
  )

  /** The runtimes that work in a compute process which the engine is given; it is gone then. */
  async function usableRuntimes(): Promise<string[]> {
    const app = await start()
    const answer = await app.evaluate(async () => {
      const client = await (globalThis as WithEcho).echo.connect()
      return client['echo.compute']({})
    })
    await gone(answer.pid)
    await app.close()
    return answer.usable
  }

  it(
    'is given compute processes, in which the real runtimes compute',
    async () => expect(await usableRuntimes()).toEqual(expect.arrayContaining(['onnx', 'wasm'])),
    patience,
  )

  describeWithNative('where TensorFlow was built, for Node and Electron alike', () => {
    it(
      'is given compute processes that use it',
      async () => expect(await usableRuntimes()).toContain('tensorflow'),
      patience,
    )
  })

  it(
    'is started anew when it is killed: calls under way fail, new links reach the new one',
    async () => {
      const app = await start()
      const pids: number[] = []
      for (let i = 0; i < 3; i++) {
        const { pid } = await app.evaluate(async () => {
          const client = await (globalThis as WithEcho).echo.connect()
          return client['echo.values']({ text: '', bytes: new Uint8Array(), floats: new Float32Array() })
        })
        pids.push(pid)
        process.kill(pid, 'SIGKILL')
        await gone(pid)
        await expect.poll(() => app.evaluate(() => (globalThis as WithEcho).echo.lost.length)).toBe(i + 1)
      }
      expect(new Set(pids).size).toBe(3)
    },
    patience,
  )

  it(
    'ends in order when the program stops',
    async () => {
      const app = await start()
      const pid = await app.evaluate(async () => {
        const { echo } = globalThis as WithEcho
        const client = await echo.connect()
        const answer = await client['echo.values']({ text: '', bytes: new Uint8Array(), floats: new Float32Array() })
        await echo.host.stop()
        return answer.pid
      })
      await gone(pid)
      expect(await app.evaluate(() => (globalThis as WithEcho).echo.lost)).toEqual([])
    },
    patience,
  )
})
