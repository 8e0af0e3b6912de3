import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '#common/contract/errors.ts'
import { buildFailure } from './failures.ts'
import { runProgram, type RunOptions } from './run-program.ts'

/** Where the parts of a build lie in its folder. The library lies as pip would install it: it looks for NVIDIA's there. */
export const parts = {
  site: 'site',
  tensorFlow: 'site/tensorflow',
  headers: 'site/tensorflow/include',
  packages: 'node_modules',
  addonSource: 'node_modules/@tensorflow/tfjs-node-gpu',
  addon: 'tfjs_binding.node',
} as const

const sources = ['binding/tfjs_backend.cc', 'binding/tfjs_binding.cc'] as const

/**
 * Compiles the addon and links it to the library beside it. It uses nothing of Node but the stable Node-API, so that
 * node-gyp, and headers of the Node that is to load it, are not needed.
 * @param folder the build's
 * @throws AppError 'runtime.build-failed'; 'file.unwritable' where the disk is full
 */
export async function compileAddon(folder: string, compiler: string, options: RunOptions): Promise<void> {
  const libraries = await findLibraries(join(folder, parts.tensorFlow))
  const includes = [join(parts.packages, 'node-api-headers/include'), parts.addonSource, parts.headers]
  const isMac = process.platform === 'darwin'
  const here = isMac ? '@loader_path' : '$ORIGIN'
  const args = [
    ...['-std=c++17', '-O2', '-fPIC', '-DNAPI_VERSION=8'],
    // Node, which loads the addon, has the functions of Node-API
    ...(isMac ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared']),
    ...includes.flatMap((path) => ['-I', path]),
    ...sources.map((path) => join(parts.addonSource, path)),
    ...['-o', parts.addon],
    ...libraries.map((name) => join(parts.tensorFlow, name)),
    `-Wl,-rpath,${here}/${parts.tensorFlow}`,
  ]
  const done = await runProgram(compiler, args, { ...options, cwd: folder })
  if (done?.status !== 0) throw buildFailure('compiling the addon', done?.output ?? '')
}

/** Names of the C library and of what it is built on. */
async function findLibraries(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => /^libtensorflow_(cc|framework)\./.test(name))
  const [cc, framework] = ['cc', 'framework'].map((part) => names.find((name) => name.includes(`_${part}.`)))
  if (cc !== undefined && framework !== undefined) return [cc, framework]
  throw new AppError('runtime.build-failed', 'the wheel of this TensorFlow has no C library to link to', {
    hint: 'Choose another with --version.',
  })
}
