import { lstat, realpath } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, sep } from 'node:path'
import { AppError } from '#common/contract/errors.ts'

/** Names that Windows gives to devices, with any ending. */
const deviceName = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i

/**
 * The path of a file that somebody else's data name, which must lie inside a folder. `/` and `\` both separate.
 * Refused are absolute paths, drive letters, `..`, NUL characters, and links that lead out of the folder; on Windows
 * also device names and `:`. The file itself need not exist, nor its folders.
 * @param folder an existing folder
 * @returns `folder` joined with the path
 * @throws AppError 'path.outside'; 'file.missing' if the folder does not exist
 */
export async function resolveInside(folder: string, name: string): Promise<string> {
  const parts = name.split(/[\\/]/).filter((part) => part !== '.' && part !== '')
  if (/^[\\/]|^[a-z]:|\0/i.test(name) || parts.includes('..') || parts.length === 0) throw outside(name, folder)
  if (process.platform === 'win32' && parts.some((part) => part.includes(':') || deviceName.test(part))) {
    throw outside(name, folder)
  }
  const path = join(folder, ...parts)
  const root = await realFolder(folder)
  const fromRoot = relative(root, await nearestReal(path, name, folder))
  const isInside = fromRoot !== '..' && !fromRoot.startsWith(`..${sep}`) && !isAbsolute(fromRoot)
  if (!isInside) throw outside(name, folder)
  return path
}

async function realFolder(folder: string): Promise<string> {
  try {
    return await realpath(folder)
  } catch (cause) {
    throw new AppError('file.missing', `There is no folder ${folder}.`, { data: { path: folder }, cause })
  }
}

/** Where a path really leads: it, or the nearest of its parents that exists. */
async function nearestReal(path: string, name: string, folder: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    // a link to nowhere, or to itself, would be followed when the file is written
    const isLink = await lstat(path).then(
      (found) => found.isSymbolicLink(),
      () => false,
    )
    const { code } = error as NodeJS.ErrnoException
    if (isLink || (code !== 'ENOENT' && code !== 'ENOTDIR')) throw outside(name, folder, error)
    return nearestReal(dirname(path), name, folder)
  }
}

function outside(name: string, folder: string, cause?: unknown): AppError {
  return new AppError('path.outside', `“${name.replaceAll('\0', '\\0')}” is not the name of a file inside ${folder}.`, {
    hint: 'Names in a file must be relative to its folder.',
    data: { name, folder },
    ...(cause === undefined ? {} : { cause }),
  })
}
