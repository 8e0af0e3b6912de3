import { join } from 'node:path'
import { buildPart, isStale, type Part } from './build-part.ts'

interface ReadyOptions {
  /** takes what the user should know while waiting */
  readonly note: (text: string) => void
  /** stops a build */
  readonly signal: AbortSignal
  /** of the checkout; another one only in tests */
  readonly root?: string
}

const page: Part = {
  name: 'page',
  folder: 'out/renderer',
  proof: 'index.html',
  config: 'vite.page.config.ts',
  sources: ['renderer', 'common', 'resources/icon.svg', 'package-lock.json'],
}
const desktop: Part = {
  name: 'desktop program',
  folder: 'out/desktop',
  proof: 'index.cjs',
  config: 'vite.desktop.config.ts',
  sources: ['main', 'common', 'package-lock.json'],
}
const preload: Part = {
  name: 'preload script',
  folder: 'out/preload',
  proof: 'index.cjs',
  config: 'vite.preload.config.ts',
  sources: ['preload', 'common'],
}
const engine: Part = {
  name: 'engine',
  folder: 'out/engine',
  proof: 'engine-process.mjs',
  config: 'vite.engine.config.ts',
  sources: ['main', 'common', 'package-lock.json'],
}

/**
 * The folder of the built page. A checkout builds it first where its sources are newer; a packaged program has it.
 * @throws AppError 'server.page' where it cannot be built; 'aborted'
 */
export async function readyPage(options: ReadyOptions): Promise<string> {
  return join(await ready([page], options), page.folder)
}

/**
 * The folder that Electron is to be started with: the desktop program, its engine and the page are built.
 * @throws AppError 'server.page' where one of them cannot be built; 'aborted'
 */
export function readyDesktop(options: ReadyOptions): Promise<string> {
  return ready([page, preload, desktop, engine], options)
}

/** @returns the folder that the parts are in */
async function ready(parts: readonly Part[], options: ReadyOptions): Promise<string> {
  const here = join(import.meta.dirname, '../..')
  // bundled into out/engine, beside the other parts
  if (!import.meta.filename.endsWith('.ts')) return here
  const { root = here, note, signal } = options
  const stale: Part[] = []
  for (const part of parts) if (await isStale(root, part)) stale.push(part)
  if (stale.length > 0) {
    note(`Building the ${stale.map(({ name }) => name).join(', the ')}: a few seconds, and only after a change.`)
  }
  for (const part of stale) await buildPart(root, part, signal)
  return root
}
