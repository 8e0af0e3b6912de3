import { z } from 'zod'
import { AppError } from '../contract/errors.ts'
import { foldName, isSameName } from './fold.ts'

const label = z.string().trim().min(1).max(200)

const classMapSchema = z.strictObject({
  classifier: z.record(z.string(), label).default({}),
  objects: z.record(z.string(), label.or(z.literal(''))).default({}),
})

/**
 * What a classifier's classes and a detector's or dataset's categories are called in the labels of the images.
 * `classifier`: class name (or one of its synonyms) or class index → label; `objects`: category → label, '' for one that
 * is no image's object.
 */
export interface ClassMap {
  readonly classifier: Readonly<Record<string, string>>
  readonly objects: Readonly<Record<string, string>>
}

/**
 * Reads a class map: `{"classifier": {name or index: label}, "objects": {category: label}}`, both parts optional.
 * @param json the parsed JSON
 * @throws AppError 'class-map.format', naming the place
 */
export function parseClassMap(json: unknown): ClassMap {
  const result = classMapSchema.safeParse(json)
  if (result.success) return result.data
  const places = result.error.issues.map((issue) => `${issue.path.join('.') || 'top level'}: ${issue.message}`)
  throw new AppError('class-map.format', `The class map is not understood: ${places.join('; ')}`, {
    hint: 'It looks like {"classifier": {"tabby": "cat", "207": "dog"}, "objects": {"cat": "cat"}}.',
  })
}

/**
 * The label of every class of a model, by a class map. A key is a class's index, else its whole name, else one of its
 * comma-separated synonyms; upper and lower case do not matter unless they alone tell two classes apart.
 * @param modelLabels class names by index
 * @returns label by class index, null where the map says nothing
 * @throws AppError 'class-map.format' (a key that is no class, with the nearest names; a name of several classes; two
 *   labels for one class)
 */
export function applyClassMap(map: Pick<ClassMap, 'classifier'>, modelLabels: readonly string[]): (string | null)[] {
  const labels: (string | null)[] = modelLabels.map(() => null)
  const tables = nameTables(modelLabels)
  for (const [key, mapped] of Object.entries(map.classifier)) {
    const index = classIndexOf(key, modelLabels, tables)
    const known = labels[index] ?? mapped
    if (known !== mapped) {
      throw new AppError(
        'class-map.format',
        `The class map gives class ${index} (${modelLabels[index]!}) two labels.`,
        {
          data: { index, labels: [known, mapped] },
        },
      )
    }
    labels[index] = mapped
  }
  return labels
}

/**
 * Whether a prediction is right: the class's mapped label is the image's, but for case, accents and separators.
 * @param mapped label by class index, see `applyClassMap`
 * @returns null where the image has no label; false where the class has none
 */
export function predictionMatches(
  classIndex: number,
  imageLabel: string | null,
  mapped: readonly (string | null)[],
): boolean | null {
  if (imageLabel === null) return null
  const label = mapped[classIndex] ?? null
  return label !== null && isSameName(label, imageLabel)
}

/** The names a class goes by: the whole of it, then its comma-separated parts, without a WordNet id before them. */
export function classNames(modelLabel: string): string[] {
  const whole = modelLabel.replace(/^n\d{8}[\s_:,-]+/, '')
  return [whole, ...whole.split(',')].map((name) => name.trim()).filter((name) => name !== '')
}

/** Classes by name, and how a name is written in the table. */
interface NameTable {
  readonly table: ReadonlyMap<string, readonly number[]>
  readonly fold: (name: string) => string
}

/** In order of precedence: as written before folded, whole name before synonym. */
function nameTables(modelLabels: readonly string[]): readonly NameTable[] {
  const names = modelLabels.map(classNames)
  const whole = names.map((all, i) => [modelLabels[i]!.trim(), ...all.slice(0, 1)])
  const asWritten = (name: string): string => name
  return [tableOf(whole, asWritten), tableOf(names, asWritten), tableOf(whole, foldName), tableOf(names, foldName)]
}

function tableOf(namesByIndex: readonly (readonly string[])[], fold: NameTable['fold']): NameTable {
  const table = new Map<string, number[]>()
  for (const [index, names] of namesByIndex.entries()) {
    for (const name of new Set(names.map(fold))) {
      const indices = table.get(name)
      if (indices === undefined) table.set(name, [index])
      else indices.push(index)
    }
  }
  return { table, fold }
}

function classIndexOf(key: string, modelLabels: readonly string[], tables: readonly NameTable[]): number {
  const wanted = key.trim()
  if (/^\d{1,9}$/.test(wanted) && Number(wanted) < modelLabels.length) return Number(wanted)
  const named = tables.map(({ table, fold }) => table.get(fold(wanted))).find((indices) => indices !== undefined) ?? []
  if (named.length === 1) return named[0]!
  const nearest = named.length > 0 ? [] : nearestNames(key, modelLabels)
  const problem =
    named.length > 0
      ? `names ${named.length} classes: ${named.join(', ')}`
      : `is none of the model's ${modelLabels.length} classes`
  throw new AppError('class-map.format', `The class map's “${key}” ${problem}.`, {
    hint:
      nearest.length > 0 ? `Did you mean ${nearest.join(' or ')}?` : `Or use an index, 0 to ${modelLabels.length - 1}.`,
    data: named.length > 0 ? { key, classes: named } : { key, nearest },
  })
}

/** Up to three class names that a mistyped one may have meant, nearest first. */
function nearestNames(key: string, modelLabels: readonly string[]): string[] {
  const wanted = foldName(key).slice(0, 60)
  return [...new Set(modelLabels.flatMap(classNames))]
    .map((name) => ({ name, distance: nameDistance(wanted, foldName(name).slice(0, 60)) }))
    .filter(({ distance }) => distance <= Math.max(2, wanted.length / 3))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ name }) => name)
}

/** Edits (insert, delete, replace) from one name to the other; a name that holds the whole other one is near (1). */
function nameDistance(a: string, b: string): number {
  if (a.length > 2 && ` ${b} `.includes(` ${a} `)) return 1
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
    }
    row = next
  }
  return row[b.length]!
}
