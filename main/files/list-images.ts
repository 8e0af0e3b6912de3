import type { Stats } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { AppError } from '#common/contract/errors.ts'

const endings = new Set(['.jpg', '.jpeg', '.jpe', '.jfif', '.png', '.webp', '.tif', '.tiff', '.bmp', '.gif'])

/** What was found so far. Paths are relative to the listed folder, '' for itself. */
interface Found {
  readonly files: string[]
  /** Folders to read yet. */
  readonly folders: string[]
  /** Links to folders, read when no folder is left. */
  readonly links: string[]
}

/** The images below a folder (JPEG, PNG, WebP, TIFF, BMP, GIF), see `listFiles`. */
export function listImages(folder: string): Promise<string[]> {
  return listFiles(folder, endings)
}

/**
 * The files below a folder whose names have one of these endings, in capitals or not. Hidden files and folders (`.name`,
 * `__MACOSX`) are left out. Links are followed, but no folder is listed twice: loops end, and what can be reached
 * directly is not listed under a link's name.
 * @param wanted small letters, with the dot
 * @returns paths relative to the folder, `/` between folders on every platform, sorted by code point
 * @throws AppError 'file.missing'; 'file.unreadable' if the folder or one below it cannot be read
 */
export async function listFiles(folder: string, wanted: ReadonlySet<string>): Promise<string[]> {
  const found: Found = { files: [], folders: [''], links: [] }
  const seen = new Set<string>()
  for (;;) {
    const path = found.folders.pop() ?? found.links.shift()
    if (path === undefined) return found.files.sort(compareCodePoints)
    try {
      const real = await realpath(join(folder, path))
      if (seen.has(real)) continue
      seen.add(real)
      await readFolder({ root: folder, wanted }, path, found)
    } catch (cause) {
      throw folderError(join(folder, path), cause)
    }
  }
}

interface Listing {
  readonly root: string
  readonly wanted: ReadonlySet<string>
}

async function readFolder({ root, wanted }: Listing, path: string, found: Found): Promise<void> {
  const entries = await readdir(join(root, path), { withFileTypes: true })
  // the order of links decides under which name a folder is listed
  for (const entry of entries.sort((a, b) => compareCodePoints(a.name, b.name))) {
    if (entry.name.startsWith('.') || entry.name === '__MACOSX') continue
    const below = path === '' ? entry.name : `${path}/${entry.name}`
    const isLink = entry.isSymbolicLink()
    const kind = isLink ? await linkTarget(join(root, below)) : entry
    if (kind?.isDirectory() === true) (isLink ? found.links : found.folders).push(below)
    else if (kind?.isFile() === true && wanted.has(extname(entry.name).toLowerCase())) found.files.push(below)
  }
}

/** Null for a link that leads nowhere. */
async function linkTarget(path: string): Promise<Stats | null> {
  return stat(path).catch(() => null)
}

/** JavaScript's own order is by UTF-16 unit, which puts emoji before some letters. */
function compareCodePoints(a: string, b: string): number {
  let i = 0
  while (i < a.length && i < b.length && a.charCodeAt(i) === b.charCodeAt(i)) i++
  if (i === a.length || i === b.length) return a.length - b.length
  return rank(a.charCodeAt(i)) - rank(b.charCodeAt(i))
}

/** Surrogates (U+D800…DFFF) stand for code points above all others. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}

function folderError(path: string, cause: unknown): AppError {
  const { code, message } = cause as NodeJS.ErrnoException
  if (code === 'ENOENT') return new AppError('file.missing', `There is no folder ${path}.`, { data: { path }, cause })
  const problem = code === 'ENOTDIR' ? `${path} is no folder.` : `The folder ${path} cannot be read: ${message}`
  return new AppError('file.unreadable', problem, { data: { path }, cause })
}
