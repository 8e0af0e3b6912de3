import { namelessCategory } from '../dataset.ts'
import type { SourceId } from '../defects.ts'
import { NumberSet, textFingerprint } from '../fingerprint.ts'
import { cocoCategoryIds } from '#common/classes/coco-categories.ts'

/** Keeps ids that come with the data where nothing else has them, and gives new ones from 1 to the rest. */
export class Ids {
  readonly #taken = new NumberSet()
  #next = 1

  /** The id if it is still free, which it then is no more; else null. */
  keep(id: SourceId | null): SourceId | null {
    if (id === null) return null
    return this.#taken.add(typeof id === 'number' ? id : textFingerprint(id)) ? id : null
  }

  /** The smallest free number. To be asked when all ids that come with the data were kept. */
  give(): number {
    while (!this.#taken.add(this.#next)) this.#next++
    return this.#next
  }
}

interface CategoryUse {
  /** Null: the id alone is known. */
  readonly name: string | null
  readonly id: number | null
}

/**
 * The categories of what is written: ids that came with the data are kept (also where several share a name), the 80 of
 * COCO get COCO's own, the others the next free number from 1.
 */
export class Categories {
  readonly #uses: CategoryUse[] = []
  readonly #indexByKey = new Map<string, number>()
  readonly #nameById = new Map<number, string | null>()

  /** Notes that a category is used and gives its number in what `assign` gives. */
  note(name: string | null, sourceId: number | null): number {
    const holder = sourceId === null ? undefined : this.#nameById.get(sourceId)
    const id = holder === undefined || holder === name ? sourceId : null
    if (id !== null) this.#nameById.set(id, name)
    const use = { name: id === null ? (name ?? namelessCategory) : name, id }
    const key = JSON.stringify([use.name, use.id])
    const index = this.#indexByKey.get(key) ?? this.#uses.push(use) - 1
    this.#indexByKey.set(key, index)
    return index
  }

  /** What masks of the category with this number are called in the file; null where only the id is known. */
  nameOf(index: number): string | null {
    return this.#uses[index]!.name
  }

  /** The final ids by number, and the list for the file, by id. To be asked when all categories were noted. */
  assign(): { readonly ids: readonly number[]; readonly list: readonly { id: number; name: string }[] } {
    const idByName = new Map<string, number>()
    for (const [id, name] of this.#nameById) if (name !== null && !idByName.has(name)) idByName.set(name, id)
    const isFree = (id: number) => !this.#nameById.has(id)
    const take = (id: number, name: string) => {
      this.#nameById.set(id, name)
      idByName.set(name, id)
    }
    const unnumbered = this.#uses.flatMap(({ name, id }) => (id === null && !idByName.has(name!) ? [name!] : []))
    for (const name of unnumbered) {
      const id = cocoCategoryIds.get(name)
      if (id !== undefined && isFree(id)) take(id, name)
    }
    let next = 1
    for (const name of unnumbered) {
      while (!isFree(next)) next++
      if (!idByName.has(name)) take(next, name)
    }
    const list = [...this.#nameById].flatMap(([id, name]) => (name === null ? [] : [{ id, name }]))
    return { ids: this.#uses.map(({ name, id }) => id ?? idByName.get(name!)!), list: list.sort((a, b) => a.id - b.id) }
  }
}
