import { createRequire } from 'node:module'
import { join } from 'node:path'
import util from 'node:util'
import * as tf from '@tensorflow/tfjs'
import { AppError } from '#common/contract/errors.ts'
import { parts } from '../native/compile.ts'
import { readCurrentBuild } from '../native/current-build.ts'
import { markLoading, whyBroken } from '../native/load-mark.ts'
import { offerTfjs } from '../native/tfjs-stand-in.ts'
import type { Runtime } from '../runtime.ts'
import { loadTfjsGradient, loadTfjsNetwork } from './tfjs-runtime.ts'

const packageName = '@tensorflow/tfjs-node-gpu'

/**
 * TensorFlow's own library: prediction and gradients, on a GPU where there is one. The one that was built on this
 * machine, else the one that came with the optional package.
 */
export const nativeRuntime: Runtime = makeRuntime(() => {
  const build = readCurrentBuild()
  return build ? startBuild(build.folder) : startPackage()
})

/** The TensorFlow of one build, for a process that tries it out. @param folder the build's */
export function nativeRuntimeOf(folder: string): Runtime {
  return makeRuntime(() => startBuild(folder))
}

function makeRuntime(start: () => Promise<void>): Runtime {
  let started: Promise<void> | undefined
  return {
    id: 'tensorflow',
    label: 'TensorFlow native',
    start: () => (started ??= prepareProcess(start)),
    load: (graph, outputs) => loadTfjsNetwork('tensorflow', graph, outputs),
    runsEveryLayer: true,
    loadGradient: (graph, layer) => loadTfjsGradient('tensorflow', graph, layer),
  }
}

async function prepareProcess(start: () => Promise<void>): Promise<void> {
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2'
  // removed in Node 23, still called by tfjs-node 4.22
  Object.assign(util, { isNullOrUndefined: (value: unknown) => value === null || value === undefined })
  await start()
}

async function startBuild(folder: string): Promise<void> {
  const why = whyBroken(folder)
  if (why !== null) {
    const again = '“npm run tensorflow:build” tries it again'
    throw new AppError('runtime.unavailable', `the process that loaded its library did not survive (${why}); ${again}`)
  }
  const loaded = markLoading(folder)
  try {
    loadBuild(folder)
    await computeOnce()
  } finally {
    loaded()
  }
}

/** What of tfjs-node is needed. Its entry would look for a library of its own, and change how TF.js reads files. */
interface BackendModule {
  readonly NodeJSKernelBackend: new (binding: unknown, packageName: string) => tf.KernelBackend
}

function loadBuild(folder: string): void {
  const require = createRequire(join(folder, 'package.json'))
  // not the imported namespace, which has only the names that Node could guess
  offerTfjs(createRequire(import.meta.url)('@tensorflow/tfjs'))
  try {
    require(`${packageName}/dist/register_all_kernels`)
    const { NodeJSKernelBackend } = require(`${packageName}/dist/nodejs_kernel_backend`) as BackendModule
    const backend = new NodeJSKernelBackend(require(`./${parts.addon}`), packageName)
    tf.registerBackend('tensorflow', () => backend)
  } catch (cause) {
    throw notLoaded(cause)
  }
}

async function startPackage(): Promise<void> {
  try {
    createRequire(import.meta.url)(packageName)
  } catch (cause) {
    const isAbsent = cause instanceof Error && 'code' in cause && cause.code === 'MODULE_NOT_FOUND'
    if (!isAbsent || !cause.message.includes('tfjs-node-gpu')) throw notLoaded(cause)
    const why = `not installed: “npm run tensorflow:build” makes it; the optional package ${packageName} is not there`
    throw new AppError('runtime.unavailable', why, { cause })
  }
  await computeOnce()
}

/** A library that does not fit to the processor, or to the driver of the GPU, shows it only when it computes. */
async function computeOnce(): Promise<void> {
  if (!(await tf.setBackend('tensorflow'))) {
    throw new AppError('runtime.unavailable', 'TensorFlow’s library was loaded but its backend did not start')
  }
  tf.tidy(() => tf.conv2d(tf.ones<tf.Rank.R4>([1, 4, 4, 1]), tf.ones<tf.Rank.R4>([2, 2, 1, 1]), 1, 'valid').dataSync())
}

function notLoaded(cause: unknown): AppError {
  const line = String(cause instanceof Error ? cause.message : cause).split('\n')[0] ?? ''
  return new AppError('runtime.unavailable', `its library cannot be loaded: ${line}`, { cause })
}
