import { createRequire } from 'node:module'
import util from 'node:util'
import * as tf from '@tensorflow/tfjs'
import { AppError } from '#common/contract/errors.ts'
import type { Runtime } from '../runtime.ts'
import { loadTfjsGradient, loadTfjsNetwork } from './tfjs-runtime.ts'

let started: Promise<void> | undefined

/** TensorFlow's own library through tfjs-node-gpu: prediction and gradients, on a GPU where there is one. */
export const nativeRuntime: Runtime = {
  id: 'tensorflow',
  label: 'TensorFlow native',
  start: () => (started ??= startNative()),
  load: (graph, outputs) => loadTfjsNetwork('tensorflow', graph, outputs),
  loadGradient: (graph, layer) => loadTfjsGradient('tensorflow', graph, layer),
}

async function startNative(): Promise<void> {
  const require = createRequire(import.meta.url)
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2'
  // removed in Node 23, still called by tfjs-node 4.22
  Object.assign(util, { isNullOrUndefined: (value: unknown) => value === null || value === undefined })
  try {
    require('@tensorflow/tfjs-node-gpu')
  } catch (cause) {
    throw new AppError('runtime.unavailable', whyNot(cause), { cause })
  }
  if (!(await tf.setBackend('tensorflow'))) {
    throw new AppError('runtime.unavailable', 'TensorFlow’s library was loaded but its backend did not start')
  }
}

function whyNot(cause: unknown): string {
  const isAbsent = cause instanceof Error && 'code' in cause && cause.code === 'MODULE_NOT_FOUND'
  if (isAbsent && cause.message.includes('tfjs-node-gpu')) {
    return 'not installed: the optional package @tensorflow/tfjs-node-gpu could not download TensorFlow’s library'
  }
  return `its library cannot be loaded: ${String(cause instanceof Error ? cause.message : cause).split('\n')[0] ?? ''}`
}
