import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { AppError } from '#common/contract/errors.ts'

interface PageOptions {
  /** takes what the user should know while waiting */
  readonly note: (text: string) => void
  /** stops a build */
  readonly signal: AbortSignal
  /** of the checkout; another one only in tests */
  readonly root?: string
}

/**
 * The folder of the built page. A checkout builds it first where its sources are newer; a packaged program has it.
 * @throws AppError 'server.page' where it cannot be built; 'aborted'
 */
export async function readyPage(options: PageOptions): Promise<string> {
  // bundled into out/engine, next to out/renderer
  if (!import.meta.filename.endsWith('.ts')) return join(import.meta.dirname, '../renderer')
  const { root = join(import.meta.dirname, '../..'), note, signal } = options
  const folder = join(root, 'out/renderer')
  if (await isStale(root, folder)) {
    note('Building the page: a few seconds, and only after a change.')
    await buildPage(root, folder, signal)
  }
  return folder
}

/** What the page is made from. */
const sources = ['renderer', 'common', 'resources/icon.svg', 'vite.page.config.ts', 'package-lock.json']

async function isStale(root: string, folder: string): Promise<boolean> {
  const page = join(folder, 'index.html')
  if (!existsSync(page)) return true
  const { mtimeMs } = await stat(page)
  for (const source of sources) if ((await newest(join(root, source))) > mtimeMs) return true
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

/** Builds aside and swaps: another server goes on with the old page, and one that cannot be built changes nothing. */
async function buildPage(root: string, folder: string, signal: AbortSignal): Promise<void> {
  const begun = new Date()
  const made = `${folder}-${randomBytes(6).toString('hex')}`
  try {
    await mkdir(join(root, 'out'), { recursive: true })
    await runVite(root, made, signal)
    // of the beginning: what was changed while it was built is newer
    await utimes(join(made, 'index.html'), begun, begun)
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

async function runVite(root: string, outDir: string, signal: AbortSignal): Promise<void> {
  const vite = join(root, 'node_modules/vite/bin/vite.js')
  if (!existsSync(vite)) throw cannotBuild('Vite is not installed')
  const args = ['build', '-c', 'vite.page.config.ts', '--outDir', outDir, '--logLevel', 'error']
  const child = spawn(process.execPath, [vite, ...args], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
    signal,
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  try {
    const [code] = (await once(child, 'close')) as [number | null]
    if (code !== 0) throw cannotBuild(firstError(said) ?? `Vite ended with ${code}`)
  } catch (error) {
    throw signal.aborted ? new AppError('aborted', 'the page was not built') : error
  }
}

/** Its errors begin with a code in brackets, after lines that only say that there are some. */
function firstError(said: string): string | undefined {
  const lines = stripVTControlCharacters(said)
    .split('\n')
    .filter((line) => line.trim() !== '')
  return lines.find((line) => line.startsWith('[')) ?? lines[0]
}

function cannotBuild(why: string): AppError {
  return new AppError('server.page', `the page cannot be built: ${why}`, {
    hint: 'Run “npm ci” in the program’s folder, then “npm run build:page”, which says more.',
  })
}
