import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe } from 'vitest'

/** Where a program of this machine is; null where it has none. */
export function findProgram(name: string): string | null {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null
}

/** Python itself, not the script of a version manager, which needs other programs; null where there is none. */
export const realPython = answerOf(findProgram('python3'), ['-c', 'import sys; print(sys.executable)'])

const hasPip = answerOf(realPython, ['-m', 'pip', '--version']) !== null
const hasCompiler = ['g++', 'clang++', 'c++'].some((name) => findProgram(name) !== null)

/** Like `describe`, where there is all that a build of native TensorFlow begins with; says in one line where not. */
export function describeWithBuildTools(name: string, tests: () => void): void {
  if (hasPip && findProgram('npm') !== null && hasCompiler) describe(name, tests)
  else describe.skip(`${name} (skipped: no pip was found, or no npm, or no compiler)`, tests)
}

function answerOf(program: string | null, args: readonly string[]): string | null {
  try {
    return program && execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return null
  }
}
