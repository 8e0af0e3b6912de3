import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { AppError } from '#common/contract/errors.ts'

/** A part of the program that is built from the sources of a checkout. */
export interface Part {
  /** what people call it */
  readonly name: string
  /** where it goes; all paths are in the checkout */
  readonly folder: string
  /** a file of it that every build makes */
  readonly proof: string
  /** how Vite builds it */
  readonly config: string
  /** files and folders that it is made from, without that */
  readonly sources: readonly string[]
}

/** Whether a part is missing, or older than what it is made from. */
export async function isStale(root: string, { folder, proof, config, sources }: Part): Promise<boolean> {
  const built = join(root, folder, proof)
  if (!existsSync(built)) return true
  const { mtimeMs } = await stat(built)
  for (const source of [config, ...sources]) if ((await newest(join(root, source))) > mtimeMs) return true
  return false
}

/** When a file, or anything in a folder, was changed last; what was removed changed its folder. */
async function newest(path: string): Promise<number> {
  const found = await stat(path).catch(() => null)
  if (found === null) return 0 // removed this moment: its folder says so
  if (!found.isDirectory()) return found.mtimeMs
  const inside = await Promise.all((await readdir(path)).map((name) => newest(join(path, name))))
  return Math.max(found.mtimeMs, ...inside)
}

/**
 * Builds a part aside and swaps: whoever uses the old one goes on with it, and one that cannot be built changes nothing.
 * @param signal stops it
 * @throws AppError 'server.page' where it cannot be built; 'aborted'
 */
export async function buildPart(root: string, part: Part, signal: AbortSignal): Promise<void> {
  const begun = new Date()
  const folder = join(root, part.folder)
  const made = `${folder}-${randomBytes(6).toString('hex')}`
  try {
    await mkdir(join(folder, '..'), { recursive: true })
    await runVite(root, part, made, signal)
    // of the beginning: what was changed while it was built is newer
    await utimes(join(made, part.proof), begun, begun)
    await placeFolder(made, folder)
  } finally {
    await rm(made, { recursive: true, force: true })
  }
}

/** Puts a folder in the place of another one, also where others do the same at the same time. */
async function placeFolder(made: string, folder: string): Promise<void> {
  const old = `${made}-old`
  for (let attempt = 1; ; attempt++) {
    try {
      await rename(folder, old).catch(ignoreMissing)
      await rename(made, folder)
      return
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException
      if (attempt === 10 || !['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(code)) throw error
    } finally {
      await rm(old, { recursive: true, force: true })
    }
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}

async function runVite(root: string, part: Part, outDir: string, signal: AbortSignal): Promise<void> {
  const vite = join(root, 'node_modules/vite/bin/vite.js')
  if (!existsSync(vite)) throw cannotBuild(part, 'Vite is not installed')
  const args = ['build', '-c', part.config, '--outDir', outDir, '--logLevel', 'error']
  const child = spawn(process.execPath, [vite, ...args], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
    signal,
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  try {
    const [code] = (await once(child, 'close')) as [number | null]
    if (code !== 0) throw cannotBuild(part, firstError(said) ?? `Vite ended with ${code}`)
  } catch (error) {
    throw signal.aborted ? new AppError('aborted', `the ${part.name} was not built`) : error
  }
}

/** Its errors begin with a code in brackets, after lines that only say that there are some. */
function firstError(said: string): string | undefined {
  const lines = stripVTControlCharacters(said)
    .split('\n')
    .filter((line) => line.trim() !== '')
  return lines.find((line) => line.startsWith('[')) ?? lines[0]
}

function cannotBuild({ name, config }: Part, why: string): AppError {
  const script = `build:${basename(config).split('.')[1]!}`
  return new AppError('server.page', `the ${name} cannot be built: ${why}`, {
    hint: `Run “npm ci” in the program’s folder, then “npm run ${script}”, which says more.`,
  })
}
