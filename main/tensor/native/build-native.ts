import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '#common/contract/errors.ts'
import type { Progress } from '#common/contract/procedures/common.ts'
import type { RuntimeReport } from '#common/contract/procedures/models.ts'
import { unwritable } from '#main/files/write-aside.ts'
import { compileAddon, parts } from './compile.ts'
import { addonVersion, buildsFolder, readCurrentBuild, useBuild, type NativeBuild } from './current-build.ts'
import { downloadPackages, downloadWheel } from './download.ts'
import { roomHint } from './failures.ts'
import { clearBroken } from './load-mark.ts'
import type { RunOptions } from './run-program.ts'
import { findTools, type Tools } from './tools.ts'
import { writeTfjsStandIns } from './tfjs-stand-in.ts'
import { unpack } from './unpack.ts'
import { nvidiaWheels, tensorFlowWheel, type WheelRequest } from './wheels.ts'

export interface NativeBuildOptions {
  /** of TensorFlow, e.g. `2.15.1` */
  readonly version: string
  /** with NVIDIA's libraries */
  readonly gpu: boolean
  /** again, also where it is there already */
  readonly force: boolean
  readonly signal: AbortSignal
  readonly onProgress: (progress: Progress) => void
  /** Computes with a build in a process of its own, which the build may take down. @param folder the build's */
  readonly probe: (folder: string) => Promise<RuntimeReport>
  /** where builds lie; default: `buildsFolder()` */
  readonly builds?: string
  /** for the programs that are run; default: this process's */
  readonly env?: NodeJS.ProcessEnv
}

export interface NativeBuildResult extends NativeBuild {
  /** false: it was there already */
  readonly isNew: boolean
  readonly report: RuntimeReport
}

/** What the wheels and what is in them take at the same time, bytes, with a fifth to spare. */
const roomNeeded = { cpu: 1.2e9, gpu: 6e9 } as const

/** What the addon is made from and needs: nothing of these is run but JavaScript that is loaded with it. */
const npmPackages = [`@tensorflow/tfjs-node-gpu@${addonVersion}`, 'google-protobuf@3.21.4', 'node-api-headers@1.9.0']

/**
 * Builds native TensorFlow: takes the C library out of a Python wheel and compiles the addon of tfjs-node-gpu against
 * it. A build is made aside, computed with, and only then put into use; where anything fails or is aborted, nothing is
 * left of it and the one before is kept.
 * @throws AppError 'runtime.unavailable' where there is none for this system, or it does not compute right here,
 *   'runtime.tool-missing', 'runtime.build-failed', 'download.failed', 'file.unwritable'; the signal's reason
 */
export async function buildNativeTensorFlow(options: NativeBuildOptions): Promise<NativeBuildResult> {
  const { version, gpu, force, probe, builds = buildsFolder(), onProgress } = options
  const wheel = tensorFlowWheel(version, { gpu, system: process })
  const steps = new Steps(onProgress, gpu ? 7 : 6)
  const known = readCurrentBuild(builds)
  if (!force && known?.version === version && known.gpu === gpu) {
    steps.last('computing with the TensorFlow that is there')
    // it may have been the machine's fault: it is given another chance
    clearBroken(known.folder)
    return { ...known, isNew: false, report: await proven(probe(known.folder)) }
  }

  const name = `building-${process.pid}-${randomBytes(4).toString('hex')}`
  const folder = join(builds, name)
  try {
    steps.next('looking for Python, npm and a compiler')
    await mkdir(join(folder, temporary), { recursive: true })
    const run = runOptions(options, folder)
    const tools = await findTools(run)
    await requireRoom(builds, gpu ? roomNeeded.gpu : roomNeeded.cpu)
    await fetchTensorFlow(folder, { wheel, gpu, tools, steps }, run)
    steps.next('fetching the source of TensorFlow.js’s addon')
    await fetchAddon(folder, tools, run)
    steps.next('compiling the addon')
    await compileAddon(folder, tools.compiler, run)
    steps.next('computing with it')
    const report = await proven(probe(folder))
    for (const part of [parts.headers, temporary]) await remove(join(folder, part))
    options.signal.throwIfAborted()
    const finished = `${version}-${gpu ? 'gpu' : 'cpu'}-${randomBytes(4).toString('hex')}`
    await rename(folder, join(builds, finished))
    const build = await useBuild(builds, { name: finished, version, gpu })
    return { ...build, isNew: true, report }
  } catch (cause) {
    throw isOfSystem(cause) ? unwritable(builds, cause) : cause
  } finally {
    await remove(folder)
    await removeOthers(builds)
  }
}

/** What files are made with here threw it: the disk is full, there is no permission. */
function isOfSystem(cause: unknown): boolean {
  return cause instanceof Error && !(cause instanceof AppError) && 'syscall' in cause
}

/** What cannot be removed, because somebody holds it, stays for the next build. */
async function remove(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true }).catch(() => undefined)
}

/** Folder inside a build for what is not needed once it is made. */
const temporary = 'temporary'

/** Programs that are ended leave nothing behind: what they write aside is removed with the folder. */
function runOptions({ signal, env = process.env }: NativeBuildOptions, folder: string): RunOptions {
  const place = join(folder, temporary)
  return { signal, env: { ...env, TMPDIR: place, TEMP: place, TMP: place } }
}

async function requireRoom(builds: string, needed: number): Promise<void> {
  const { bavail, bsize } = await statfs(builds)
  const free = bavail * bsize
  if (free >= needed) return
  const inGb = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`
  throw new AppError(
    'file.unwritable',
    `TensorFlow needs ${inGb(needed)} while it is built, and ${inGb(free)} are free in ${builds}`,
    { hint: roomHint, data: { needed, free } },
  )
}

interface Fetching {
  readonly wheel: WheelRequest
  readonly gpu: boolean
  readonly tools: Tools
  readonly steps: Steps
}

async function fetchTensorFlow(folder: string, fetching: Fetching, run: RunOptions): Promise<void> {
  const { wheel, gpu, tools, steps } = fetching
  const site = join(folder, parts.site)
  steps.next(`downloading ${wheel.requirement}`)
  const path = await downloadInto(folder, (into) => downloadWheel(tools.python, wheel, into, run))
  steps.next('unpacking its library')
  const wanted = /^tensorflow\/(libtensorflow_(cc|framework)\.|include\/.*\.h$)|dist-info\/METADATA$/
  await unpack(tools.python, path, { into: site, wanted }, run)
  await rm(path)
  if (!gpu) return
  steps.next('downloading NVIDIA’s libraries')
  for (const each of nvidiaWheels(await readMetadata(site))) {
    const library = await downloadInto(folder, (into) => downloadWheel(tools.python, each, into, run))
    await unpack(tools.python, library, { into: site, wanted: /^nvidia\/[^/]+\/lib\// }, run)
    await rm(library)
  }
}

/** Gives a download a folder of its own. */
async function downloadInto<T>(folder: string, download: (into: string) => Promise<T>): Promise<T> {
  const into = join(folder, temporary, randomBytes(4).toString('hex'))
  await mkdir(into)
  return download(into)
}

async function readMetadata(site: string): Promise<string> {
  const info = (await readdir(site)).find((name) => name.endsWith('.dist-info'))
  return info === undefined ? '' : readFile(join(site, info, 'METADATA'), 'utf8')
}

async function fetchAddon(folder: string, { python }: Tools, run: RunOptions): Promise<void> {
  const packages = join(folder, parts.packages)
  await mkdir(join(packages, '@tensorflow'), { recursive: true })
  const archives = await downloadInto(folder, (into) => downloadPackages(npmPackages, into, run))
  for (const archive of archives) {
    const into = `${archive}-content`
    await unpack(python, archive, { into, wanted: /^package\// }, run)
    const { name } = JSON.parse(await readFile(join(into, 'package/package.json'), 'utf8')) as { name: string }
    await rename(join(into, 'package'), join(packages, name))
  }
  await writeTfjsStandIns(packages)
  // above this folder there may be one that says otherwise
  await writeFile(join(folder, 'package.json'), '{ "type": "commonjs" }\n')
}

/** @throws AppError 'runtime.unavailable' where it cannot be used, or took its process down */
async function proven(probing: Promise<RuntimeReport>): Promise<RuntimeReport> {
  const report = await probing.catch((cause: unknown) => {
    if (!(cause instanceof AppError) || cause.code !== 'compute.died') throw cause
    throw useless(cause.message)
  })
  if (!report.isUsable) throw useless(report.reason)
  return report
}

function useless(why: string): AppError {
  return new AppError('runtime.unavailable', `TensorFlow does not work on this machine: ${why}`, {
    hint: 'Choose another with --version, or build it again with --force. The other runtimes go on working.',
  })
}

/** Removes builds that are out of use, and what is left of those that were killed. */
async function removeOthers(builds: string): Promise<void> {
  const current = readCurrentBuild(builds)?.folder
  const names = await readdir(builds).catch(() => [])
  for (const name of names) {
    const folder = join(builds, name)
    if (folder !== current && isRemovable(name)) await remove(folder)
  }
}

/** Only what builds are called, in case that the folder is somebody's own; not what another process is building. */
function isRemovable(name: string): boolean {
  const [, builder] = /^building-(\d+)-[0-9a-f]{8}$/.exec(name) ?? []
  if (builder === undefined) return /^[\d.]+-(cpu|gpu)-[0-9a-f]{8}$/.test(name)
  try {
    process.kill(Number(builder), 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'EPERM'
  }
}

/** Numbers the steps of a build for who waits. */
class Steps {
  readonly #emit: (progress: Progress) => void
  readonly #total: number
  #done = 0

  constructor(emit: (progress: Progress) => void, total: number) {
    this.#emit = emit
    this.#total = total
  }

  next(step: string): void {
    this.#emit({ step, done: this.#done++, total: this.#total, etaMs: null })
  }

  last(step: string): void {
    this.#done = this.#total - 1
    this.next(step)
  }
}
