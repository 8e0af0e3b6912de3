import { stat } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { parseCsv } from '#common/classes/csv.ts'
import { splitFromPath, type Split } from '#common/classes/label-rules.ts'
import { AppError } from '#common/contract/errors.ts'
import { listFiles } from '#main/files/list-images.ts'
import { readBytes } from '#main/files/read-bytes.ts'
import { readHead } from '#main/files/read-head.ts'
import { readingError, regularFile } from '#main/files/regular-file.ts'
import { resolveInside } from '#main/files/safe-path.ts'
import { readLines } from '../text-file.ts'

/** The columns of a table of masks, in the order in which they are written. */
export const columns = [
  'MaskPath',
  'ImageID',
  'LabelName',
  'BoxID',
  'BoxXMin',
  'BoxXMax',
  'BoxYMin',
  'BoxYMax',
  'PredictedIoU',
  'Clicks',
] as const

/** What tables of masks are called: what stands before is the part of the dataset. */
export const tableEnding = '-annotations-object-segmentation.csv'

const needed = ['MaskPath', 'ImageID', 'LabelName'] as const satisfies readonly (typeof columns)[number][]

/** Where a dataset's files are. */
export interface OpenImagesFiles {
  /** The folder that everything lies in. */
  readonly root: string
  /** Tables of masks, and of names of classes; absolute. */
  readonly tables: readonly string[]
  readonly names: readonly string[]
}

/** A row of a table of masks. */
export interface MaskRow {
  /** From 0, over all tables. */
  readonly index: number
  /** By column; null where the row cannot be read. */
  readonly fields: Readonly<Record<string, string>> | null
  /** What the table's name says of its photos. */
  readonly subset: string
  readonly split: Split | null
}

const headBytes = 1 << 16
/** Clicks of corrections take some hundred characters a mask. */
const maxLineLength = 1 << 20
/** Open Images has twenty thousand names. */
const maxNameBytes = 1 << 26

/** Whether a text begins as a table of masks does. */
export function isMaskTable(head: string): boolean {
  const names = headerOf(head.split('\n', 1)[0]!)
  return needed.every((name) => names.includes(name))
}

/**
 * Finds the tables of a dataset.
 * @param annotations its folder, or one table of masks; the folder of that, or the one around a folder `annotations`, is
 * the dataset's then
 * @throws AppError 'import.format' where there is no table of masks; 'file.missing', 'file.unreadable'
 */
export async function findTables(annotations: string): Promise<OpenImagesFiles> {
  const path = resolve(annotations)
  const found = await stat(path).catch((cause: unknown) => {
    throw readingError(path, cause)
  })
  const folder = dirname(path)
  const root = found.isDirectory() ? path : /^annotations$/i.test(basename(folder)) ? dirname(folder) : folder
  const tables: string[] = []
  const names: string[] = []
  for (const file of await listFiles(root, new Set(['.csv']))) {
    const inside = await resolveInside(root, file).catch(nullIfOutside)
    if (inside === null) continue
    if (/class-descriptions[^/]*\.csv$/i.test(file)) names.push(inside)
    else if (found.isDirectory() && isMaskTable(await readHead(inside, headBytes))) tables.push(inside)
  }
  if (!found.isDirectory()) {
    await regularFile(path)
    if (isMaskTable(await readHead(path, headBytes))) tables.push(path)
  }
  if (tables.length > 0) return { root, tables, names }
  throw new AppError('import.format', `${annotations} has no table of masks: a CSV with ${needed.join(', ')}`, {
    hint: `Choose the folder of Open Images in which …${tableEnding} lies.`,
    data: { annotations },
  })
}

function nullIfOutside(error: unknown): null {
  if (error instanceof AppError && error.code === 'path.outside') return null
  throw error
}

/**
 * Reads the rows of all tables, one at a time.
 * @throws AppError 'import.format' for a line that is far too long; 'file.missing', 'file.unreadable'
 */
export async function* readMaskRows(tables: readonly string[]): AsyncGenerator<MaskRow> {
  let index = 0
  for (const table of tables) {
    const subset = subsetOf(table)
    const split = splitFromPath(`${subset}/photo`)
    let header: readonly string[] | null = null
    for await (const line of linesOf(table)) {
      if (header === null) header = headerOf(line)
      else if (line.trim() !== '') yield { index: index++, fields: fieldsIn(line, header), subset, split }
    }
  }
}

/** What a table's name says of its photos: `train`; '' where it says nothing. */
function subsetOf(table: string): string {
  const [, subset = ''] = /^(?:oidv\d+-)?(.+?)-annotations-/i.exec(basename(table)) ?? []
  return subset
}

async function* linesOf(path: string): AsyncGenerator<string> {
  try {
    yield* readLines(path, { maxLength: maxLineLength, takesRest: true })
  } catch (cause) {
    throw readingError(path, cause)
  }
}

/** The names of the columns; none where a line cannot be read. */
function headerOf(line: string): readonly string[] {
  return (recordIn(line) ?? []).map((name) => name.trim())
}

/** Null where a line cannot be read, or lacks columns. */
function fieldsIn(line: string, header: readonly string[]): Readonly<Record<string, string>> | null {
  const record = recordIn(line)
  if (record === null || record.length < header.length) return null
  return Object.fromEntries(header.map((name, i) => [name, record[i]!]))
}

function recordIn(line: string): readonly string[] | null {
  try {
    return parseCsv(line)[0] ?? null
  } catch (error) {
    if (error instanceof AppError) return null
    throw error
  }
}

/**
 * Reads the names of classes: `/m/01yrx,Cat`, with a header or without. Of two names of a class the first counts.
 * @throws AppError 'import.format', 'file.missing', 'file.unreadable'
 */
export async function readClassNames(paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>()
  for (const path of paths) {
    const bytes = await readBytes(path, { maxBytes: maxNameBytes, code: 'import.format' })
    for (const [label = '', name = ''] of parseCsv(new TextDecoder().decode(bytes))) {
      const isName = label !== '' && name !== '' && label !== 'LabelName'
      if (isName && !names.has(label)) names.set(label, name)
    }
  }
  return names
}

/** A record of a table as a line. */
export function csvLine(fields: readonly (string | number)[]): string {
  const texts = fields.map(String)
  return `${texts.map((text) => (/[",\r\n\uFEFF]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)).join(',')}\n`
}
