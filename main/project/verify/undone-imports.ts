import type { Kysely } from 'kysely'
import { z } from 'zod'
import { listAuditOf } from '../audit-log.ts'
import type { Schema } from '../schema.ts'

const undone = z.object({ import: z.int(), touched: z.array(z.tuple([z.int(), z.int()])) })

interface Undo {
  readonly seq: number
  /** first and last ids of images */
  readonly touched: readonly (readonly [number, number])[]
}

/** The imports that were undone by what the audit log says: what was logged between the two may be gone with them. */
export class UndoneImports {
  /** by the entry of the import */
  readonly #undos: ReadonlyMap<number, Undo>

  private constructor(undos: ReadonlyMap<number, Undo>) {
    this.#undos = undos
  }

  static async read(db: Kysely<Schema>): Promise<UndoneImports> {
    const undos = new Map<number, Undo>()
    for (const { seq, data } of await listAuditOf(db, 'dataset.import.undo')) {
      const parsed = undone.safeParse(data)
      if (parsed.success) undos.set(parsed.data.import, { seq, touched: parsed.data.touched })
    }
    return new UndoneImports(undos)
  }

  /** The entry by which the import of an entry was undone, or null. */
  undoOf(seq: number): number | null {
    return this.#undos.get(seq)?.seq ?? null
  }

  /** Whether what a machine made of an image, by this entry, went with an import that had touched it before. */
  hasTaken(image: number, seq: number): boolean {
    for (const [from, { seq: to, touched }] of this.#undos) {
      if (seq > from && seq < to && touched.some(([first, last]) => image >= first && image <= last)) return true
    }
    return false
  }
}
