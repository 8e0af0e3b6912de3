import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { AppError } from '#common/contract/errors.ts'
import { resolveInside } from '#main/files/safe-path.ts'
import { plainAnswer, type Answer } from './answer.ts'

/** What the page is made of; files of other kinds are not given out. */
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
}

/** Vite puts a hash of their content into the names of files there, so that they never change. */
const hashedFolder = 'assets/'

/**
 * A file of the built page.
 * @param path of the URL, still encoded; `/` is the page itself
 */
export async function staticAnswer(folder: string, path: string): Promise<Answer> {
  const name = nameOf(path)
  const type = name === null ? undefined : types[extname(name)]
  if (name === null || type === undefined) return notFound()
  try {
    const body = await readFile(await resolveInside(folder, name))
    const isHashed = name.startsWith(hashedFolder)
    const caching = isHashed ? 'private, max-age=31536000, immutable' : 'no-cache'
    return { status: 200, headers: { 'Content-Type': type, 'Cache-Control': caching }, body }
  } catch (error) {
    if (error instanceof AppError || isNoFile(error)) return notFound()
    throw error
  }
}

/** Names with anything but plain characters are none of ours: no `..`, no `\`, nothing encoded. */
function nameOf(path: string): string | null {
  if (path === '/') return 'index.html'
  return /^(\/[\w-][\w.-]*)+$/.test(path) ? path.slice(1) : null
}

function isNoFile(error: unknown): boolean {
  return ['ENOENT', 'EISDIR', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')
}

function notFound(): Answer {
  return plainAnswer(404, 'There is no such page.')
}
