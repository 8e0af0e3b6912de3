import { namelessCategory, type ExportedInstance } from '../dataset.ts'
import { isObject } from '../json/objects.ts'

/** Numbers above are not kept: the list of names would be as long. */
const maxKeptId = 10_000

/** The line that an instance came from; null where it came from elsewhere. */
export function lineOf({ source }: ExportedInstance): string | null {
  const yolo = source?.['yolo']
  const line = isObject(yolo) ? yolo['line'] : null
  return typeof line === 'string' ? line : null
}

/**
 * The classes of what is written. Those that came from YOLO keep their numbers, the others get the next ones; numbers
 * between that nothing has are `unused_3`, since the list must have no gap.
 */
export class Classes {
  /** Numbers that came with the data, by name, in the order of their first masks; null: none. */
  readonly #kept = new Map<string, number | null>()
  readonly #taken = new Set<number>()

  /** The name that an instance's class has in the file. */
  note(instance: ExportedInstance): string {
    const { category, categorySourceId: id } = instance
    const name = category === null || category === '' ? namelessCategory : category.toWellFormed()
    const isKept = lineOf(instance) !== null && id !== null && id >= 0 && id < maxKeptId && !this.#taken.has(id)
    if (!this.#kept.has(name) || (isKept && this.#kept.get(name) === null)) {
      this.#kept.set(name, isKept ? id : null)
      if (isKept) this.#taken.add(id)
    }
    return name
  }

  /** All names, each at its number. To be asked when all instances were noted. */
  list(): readonly string[] {
    const length = Math.max(-1, ...this.#taken) + 1
    const names = Array.from({ length }, (_, i) => `unused_${i}`)
    for (const [name, id] of this.#kept) if (id !== null) names[id] = name
    for (const [name, id] of this.#kept) if (id === null) names.push(name)
    return names
  }
}
