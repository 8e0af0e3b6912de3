import type { ExportedInstance, JsonObject } from '../dataset.ts'
import { namelessCategory } from '../dataset.ts'
import { isObject } from '../json/objects.ts'

/** What an instance, or an image, has of Open Images; empty where it came from elsewhere. */
export function openImagesSource(source: JsonObject | null): JsonObject {
  const own = source?.['openImages']
  return isObject(own) ? own : {}
}

/**
 * What classes are called in tables of masks (`/m/01yrx`), with their names. Those that came in keep theirs; others are
 * called by their name.
 */
export class ClassLabels {
  readonly #names = new Map<string, string>()
  readonly #labels = new Map<string, string>()

  /** The label of an instance's class, and its name. */
  give({ category, source }: Pick<ExportedInstance, 'category' | 'source'>): { label: string; name: string } {
    const name = category === null || category === '' ? namelessCategory : category.toWellFormed()
    const known = this.#labels.get(name)
    if (known !== undefined) return { label: known, name }
    const { LabelName: own, category: ownName } = openImagesSource(source)
    const isOwn = typeof own === 'string' && own !== '' && ownName === category
    // a row of the table is one line
    const base = isOwn
      ? own
      : name
          .replace(/[\r\n]/g, ' ')
          .slice(0, 200)
          .toWellFormed()
    let label = base
    for (let n = 2; this.#names.has(label); n++) label = `${base}_${n}`
    this.#names.set(label, name)
    this.#labels.set(name, label)
    return { label, name }
  }

  /** All labels with their names, in the order in which they were given. */
  list(): readonly (readonly [label: string, name: string])[] {
    return [...this.#names]
  }
}
