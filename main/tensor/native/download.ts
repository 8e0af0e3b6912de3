import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { downloadFailure, hurried } from './failures.ts'
import { runProgram, type RunOptions } from './run-program.ts'
import type { WheelRequest } from './wheels.ts'

/**
 * Has pip download a wheel, without what it depends on.
 * @param into an empty folder
 * @returns path of the wheel
 * @throws AppError 'download.failed'; 'runtime.unavailable' where there is no such wheel; 'file.unwritable'
 */
export async function downloadWheel(
  python: string,
  { requirement, platforms }: WheelRequest,
  into: string,
  options: RunOptions,
): Promise<string> {
  const tags = ['--python-version', '3.11', '--implementation', 'cp', '--abi', 'cp311']
  const systems = platforms.flatMap((platform) => ['--platform', platform])
  const quiet = ['--no-cache-dir', '--disable-pip-version-check', '--progress-bar', 'off', ...hurried.pip]
  const args = ['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', ...quiet, ...tags, ...systems]
  const done = await runProgram(python, [...args, '--dest', into, requirement], options)
  const wheels = (await readdir(into)).filter((name) => name.endsWith('.whl'))
  if (done?.status !== 0 || wheels.length !== 1) throw downloadFailure(requirement, done?.output ?? '')
  return join(into, wheels[0]!)
}

/**
 * Has npm fetch packages, without what they depend on and without running anything of theirs.
 * @param into an empty folder
 * @returns paths of the archives
 * @throws AppError 'download.failed'; 'runtime.unavailable'; 'file.unwritable'
 */
export async function downloadPackages(
  packages: readonly string[],
  into: string,
  options: RunOptions,
): Promise<string[]> {
  const args = ['pack', '--silent', '--ignore-scripts', ...hurried.npm, '--pack-destination', into, ...packages]
  // there, so that the settings of no project count
  const done = await runProgram('npm', args, { ...options, cwd: into })
  const archives = (await readdir(into)).filter((name) => name.endsWith('.tgz'))
  if (done?.status !== 0 || archives.length !== packages.length) {
    throw downloadFailure('the addon’s source', done?.output ?? '')
  }
  return archives.map((name) => join(into, name))
}
