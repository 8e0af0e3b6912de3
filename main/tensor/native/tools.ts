import { AppError } from '#common/contract/errors.ts'
import { runProgram, type RunOptions } from './run-program.ts'

/** The programs of the machine that a build needs beside npm, by the names under which they were found. */
export interface Tools {
  readonly python: string
  readonly compiler: string
}

/**
 * Looks for everything before anything is downloaded.
 * @throws AppError 'runtime.tool-missing' for the first that is not there
 */
export async function findTools(options: RunOptions): Promise<Tools> {
  const python = await firstWorking(
    ['python3', 'python'],
    ['-c', 'import sys; sys.exit(sys.version_info < (3, 8))'],
    options,
  )
  if (python === null) {
    throw missing('Python 3.8 or newer', 'downloads TensorFlow', 'apt install python3-pip', 'brew install python')
  }
  if ((await firstWorking([python], ['-m', 'pip', '--version'], options)) === null) {
    throw missing('pip, Python’s installer,', 'downloads TensorFlow', 'apt install python3-pip', 'python3 -m ensurepip')
  }
  if ((await firstWorking(['npm'], ['--version'], options)) === null) {
    throw missing('npm', 'fetches the source of TensorFlow.js’s addon', 'apt install npm', 'brew install node')
  }
  const named = (options.env ?? process.env)['CXX']
  const compilers = [...(named ? [named] : []), 'g++', 'clang++', 'c++']
  const compiler = await firstWorking(compilers, ['--version'], options)
  if (compiler === null) {
    throw missing('A C++ compiler (g++ or clang++)', 'compiles the addon', 'apt install g++', 'xcode-select --install')
  }
  return { python, compiler }
}

async function firstWorking(
  programs: readonly string[],
  args: readonly string[],
  options: RunOptions,
): Promise<string | null> {
  for (const program of programs) {
    if ((await runProgram(program, args, options))?.status === 0) return program
  }
  return null
}

function missing(what: string, does: string, debian: string, mac: string): AppError {
  return new AppError('runtime.tool-missing', `${what} was not found; it ${does}`, {
    hint: `Install it (${process.platform === 'darwin' ? mac : `Debian and Ubuntu: ${debian}`}), then build again.`,
    data: { tool: what },
  })
}
