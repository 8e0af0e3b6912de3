import { createRequire } from 'node:module'
import { dirname, sep } from 'node:path'
import * as tf from '@tensorflow/tfjs'
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import { AppError } from '#common/contract/errors.ts'
import { registerWasmKernels } from './wasm-kernels/register.ts'

let started: Promise<void> | undefined

/**
 * Starts the WebAssembly backend of this thread, once.
 * @throws AppError 'runtime.unavailable'
 */
export function startWasmBackend(): Promise<void> {
  return (started ??= start())
}

async function start(): Promise<void> {
  const require = createRequire(import.meta.url)
  setWasmPaths(dirname(require.resolve('@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm')) + sep)
  const before = new Set(listeners())
  const isReady = await tf.setBackend('wasm')
  // emscripten rethrows every unhandled error of the whole process; failures are handled where they happen
  for (const [event, listener] of listeners()) {
    if (![...before].some(([, known]) => known === listener)) process.removeListener(event, listener)
  }
  if (!isReady) throw new AppError('runtime.unavailable', 'the WebAssembly backend of TensorFlow.js did not start')
  registerWasmKernels()
}

type ErrorListener = (...args: unknown[]) => void

function listeners(): [string, ErrorListener][] {
  return ['uncaughtException', 'unhandledRejection'].flatMap((event) =>
    (process.listeners(event as 'uncaughtException') as ErrorListener[]).map((listener): [string, ErrorListener] => [
      event,
      listener,
    ]),
  )
}
