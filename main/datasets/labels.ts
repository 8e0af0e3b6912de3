import { basename } from 'node:path/posix'
import { labelFromFileName, labelFromFolder, parseLabelCsv, type LabelRule } from '#common/classes/label-rules.ts'
import { AppError } from '#common/contract/errors.ts'
import { readBytes } from '#main/files/read-bytes.ts'
import type { JsonObject, LabelNote } from './dataset.ts'

/** An image as far as a label may depend on it. */
export interface LabelledRecord {
  readonly file: string
  readonly source: JsonObject | null
}

/** A photo whose objects' categories are known before its label is. */
interface LabelledEntry extends LabelledRecord {
  label: string | null
  /** The category of all objects of the photo; null where they differ, or there are none. */
  readonly onlyCategory: string | null
}

/** The label of an image, or null. */
export type Labeller<Record extends LabelledRecord> = (record: Record) => string | null

/** A table with a few million rows; what is larger is no table of labels. */
const maxTableBytes = 1 << 28
const maxNoteLabels = 10

/**
 * Makes the function that a rule stands for.
 * @param byCategory gives the label where the rule is `category`; left out where the format has no categories
 * @throws AppError 'request.usage' where the format cannot follow the rule; for a table: 'file.missing',
 * 'file.unreadable', 'import.format'
 */
export async function makeLabeller<Record extends LabelledRecord>(
  rule: LabelRule | null,
  byCategory?: () => Promise<Labeller<Record>>,
): Promise<Labeller<Record>> {
  switch (rule?.kind) {
    case undefined:
      return () => null
    case 'folder':
      return ({ file }) => labelFromFolder(file)
    case 'filename':
      return ({ file }) => labelFromFileName(file)
    case 'field':
      return fieldLabeller(rule.name)
    case 'csv':
      return tableLabeller(rule.file)
    case 'category':
      if (byCategory !== undefined) return byCategory()
      throw new AppError('request.usage', 'labels cannot be taken from categories: this format has none', {
        hint: 'Take them from the folders, the file names or a table.',
      })
  }
}

function fieldLabeller(name: string): Labeller<LabelledRecord> {
  return ({ source }) => {
    const value = source !== null && Object.hasOwn(source, name) ? source[name] : null
    return typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : null
  }
}

/** Names in the table may be paths within the dataset, or file names alone. */
async function tableLabeller(path: string): Promise<Labeller<LabelledRecord>> {
  const bytes = await readBytes(path, { maxBytes: maxTableBytes, code: 'import.format' })
  const labels = parseLabelCsv(new TextDecoder().decode(bytes))
  return ({ file }) => labels.get(file) ?? labels.get(basename(file)) ?? null
}

/**
 * Guesses from the paths alone where labels are: in the folders if every image lies in a folder that can be a class and
 * there are at least two; else in the file names if each has the form class and number, and the classes are few enough
 * to be classes.
 * @returns null where neither is so
 */
export function guessLabelRule(files: readonly string[]): LabelRule | null {
  if (areClasses(files.map(labelFromFolder), 1)) return { kind: 'folder' }
  return areClasses(files.map(labelFromFileName), 2) ? { kind: 'filename' } : null
}

/**
 * Gives photos their labels: by the rule that is given, else by one that is guessed from their paths, else by the
 * category where each photo has one.
 * @param byCategory as in `makeLabeller`
 * @throws AppError as `makeLabeller`
 */
export async function labelEntries<Entry extends LabelledEntry>(
  entries: readonly Entry[],
  given: LabelRule | undefined,
  byCategory: () => Promise<Labeller<Entry>>,
): Promise<LabelNote> {
  const rule = given ?? guessLabelRule(entries.map(({ file }) => file)) ?? guessCategory(entries)
  const labelOf = await makeLabeller(rule, byCategory)
  for (const entry of entries) entry.label = labelOf(entry)
  const labels = entries.map(({ label }) => label)
  return labelNote(rule, given === undefined, labels)
}

function guessCategory(entries: readonly LabelledEntry[]): LabelRule | null {
  const categories = entries.map(({ onlyCategory }) => onlyCategory)
  return areClasses(categories, 1) ? { kind: 'category' } : null
}

/** At least two different labels, none missing, each on `nEach` images on average. */
export function areClasses(labels: readonly (string | null)[], nEach: number): boolean {
  const different = new Set(labels)
  return different.size >= 2 && !different.has(null) && labels.length >= nEach * different.size
}

/** Says which rule is in force and what it gives. */
export function labelNote(rule: LabelRule | null, isGuess: boolean, labels: Iterable<string | null>): LabelNote {
  const different = new Set(labels)
  different.delete(null)
  const some = [...different].slice(0, maxNoteLabels) as string[]
  return { kind: 'label-rule', rule, isGuess, nLabels: different.size, labels: some }
}
