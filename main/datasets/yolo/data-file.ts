import { dirname, resolve, sep } from 'node:path'
import { parse } from 'yaml'
import type { Split } from '#common/classes/label-rules.ts'
import { AppError } from '#common/contract/errors.ts'
import { readBytes } from '#main/files/read-bytes.ts'
import { isObject } from '../json/objects.ts'

/** What a dataset's own file says: data.yaml, or a list of names. */
export interface DataFile {
  /** Names of the classes by their number. */
  readonly names: ReadonlyMap<number, string>
  /** The part that a photo belongs to by the folders of the file; null where it is in none, or in several. */
  readonly splitOf: (photoPath: string) => Split | null
}

/** Thousands of classes have room; what is larger is no such file. */
const maxBytes = 1 << 20
const maxNameLength = 4096
/** A class is named by a mapping: a number above would make every list of names as long. */
const maxClassId = 1e6

const splitKeys = { train: 'train', val: 'validation', test: 'test' } as const

/**
 * Reads data.yaml. No alias may stand for more than a few values, so that a small file cannot become a large one.
 * @throws AppError 'import.format', 'file.missing', 'file.unreadable'
 */
export async function readDataYaml(path: string): Promise<DataFile> {
  const text = new TextDecoder().decode(await readBytes(path, { maxBytes, code: 'import.format' }))
  let value: unknown
  try {
    value = parse(text, { maxAliasCount: 10, logLevel: 'error' })
  } catch (error) {
    throw formatError(path, (error as Error).message.split('\n')[0]!.replace(/[:.]$/, ''))
  }
  if (!isObject(value) || !('names' in value || 'nc' in value)) throw formatError(path, 'it has no names of classes')
  const names = namesIn(value['names'])
  if (typeof names === 'string') throw formatError(path, names)
  const root = dirname(path)
  const bases = typeof value['path'] === 'string' ? [root, resolve(root, value['path'])] : [root]
  const folders = Object.entries(splitKeys).flatMap(([key, split]) =>
    textsIn(value[key]).map((folder) => ({ split, paths: pathsOf(folder, bases) })),
  )
  return {
    names,
    splitOf: (photoPath) => {
      const found = folders.filter(({ paths }) => paths.some((each) => photoPath.startsWith(each + sep)))
      const splits = new Set(found.map(({ split }) => split))
      const [split = null] = splits.size === 1 ? splits : []
      return split
    },
  }
}

/** Reads a list of names, one a line (classes.txt, obj.names). @throws AppError as `readDataYaml` */
export async function readNameList(path: string): Promise<DataFile> {
  const text = new TextDecoder().decode(await readBytes(path, { maxBytes, code: 'import.format' }))
  const lines = text.trimEnd().split(/\r?\n/)
  return { names: new Map(lines.map((line, i) => [i, line.trim().slice(0, maxNameLength)])), splitOf: () => null }
}

/** Names from a list or a mapping, or what is wrong with them. */
function namesIn(value: unknown): ReadonlyMap<number, string> | string {
  if (value === undefined || value === null) return new Map()
  if (typeof value !== 'object') return 'its names are neither a list nor a mapping'
  const names = new Map<number, string>()
  for (const [key, name] of Object.entries(value)) {
    const id = Number(key)
    if (!Number.isSafeInteger(id) || id < 0 || id > maxClassId) return `“${key.slice(0, 60)}” is no number of a class`
    if (typeof name !== 'string' && typeof name !== 'number') return `class ${id} has no name that is a text`
    names.set(id, String(name).slice(0, maxNameLength))
  }
  return names
}

function textsIn(value: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  return list.filter((each) => typeof each === 'string')
}

/** Where a folder of photos may be; `../train/images` of some programs is meant from the file’s own folder. */
function pathsOf(folder: string, bases: readonly string[]): readonly string[] {
  const inside = folder.replace(/^(\.\.?\/)+/, '')
  return bases.flatMap((base) => [resolve(base, folder), resolve(base, inside)])
}

function formatError(path: string, problem: string): AppError {
  return new AppError('import.format', `${path} is no usable data.yaml (${problem})`, {
    hint: 'It needs “names”, the list of the classes. The folder of the labels can be given in its place.',
    data: { path },
  })
}
