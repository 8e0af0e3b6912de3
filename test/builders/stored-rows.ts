import { hash } from 'node:crypto'
import Database from 'better-sqlite3'
import { sql } from 'kysely'
import { listAudit, verifyAudit, type AuditEntry } from '#main/project/audit-log.ts'
import { firstBrokenBlob } from '#main/project/blobs.ts'
import { firstBrokenRevision } from '#main/project/mask-repository.ts'
import { openProject } from '#main/project/open.ts'
import type { Schema } from '#main/project/schema.ts'

/** Everything that is never changed once it is there, row by row. */
const tables = [
  'image_folder',
  'image',
  'instance_mask',
  'mask_revision',
  'blob',
  'model',
  'class_map',
  'prediction',
  'explanation',
  'score',
  'stroke',
  'review',
  'audit_log',
] as const satisfies readonly (keyof Schema)[]

type Table = (typeof tables)[number]

/** What a project holds at one moment, as a reader beside the writer sees it. */
export interface StoredRows {
  /** whole rows with their ids, as JSON; bytes by their hash */
  readonly rows: Readonly<Record<Table, readonly string[]>>
  readonly audit: readonly AuditEntry[]
  /** what of audit chain, masks and blobs does not hold; nothing where all is well */
  readonly broken: readonly string[]
}

/** Reads a project beside whoever has it open, in one transaction. */
export async function readStored(path: string): Promise<StoredRows> {
  const project = await openProject(path, { mode: 'read', now: Date.now })
  try {
    return await project.read.transaction().execute(async (trx) => {
      const rows = {} as Record<Table, readonly string[]>
      for (const table of tables) {
        const found = await sql<Record<string, unknown>>`SELECT * FROM ${sql.table(table)}`.execute(trx)
        rows[table] = found.rows.map((row) => JSON.stringify(row, hashBytes))
      }
      const broken = [await verifyAudit(trx), await firstBrokenBlob(trx), await firstBrokenRevision(trx)]
      return {
        rows,
        audit: await listAudit(trx, { limit: 100_000 }),
        broken: broken.filter((found) => found !== null).map((found) => JSON.stringify(found)),
      }
    })
  } finally {
    await project.close()
  }
}

/** What an undo leaves behind it: the log, where it ends, and that there was an import. */
const tablesOfTheLog = ['audit_log', 'meta', 'import', 'lock']

/** All rows of a project but those of its log, by table, as JSON; bytes by their hash. */
export async function readContent(path: string): Promise<Record<string, readonly string[]>> {
  const project = await openProject(path, { mode: 'read', now: Date.now })
  try {
    const { rows: tables } = await sql<{ name: string }>`
      SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`.execute(
      project.read,
    )
    const content: Record<string, readonly string[]> = {}
    for (const { name } of tables.filter((table) => !tablesOfTheLog.includes(table.name))) {
      const { rows } = await sql<object>`SELECT * FROM ${sql.table(name)} ORDER BY 1, 2`.execute(project.read)
      content[name] = rows.map((row) => JSON.stringify(row, hashBytes))
    }
    return content
  } finally {
    await project.close()
  }
}

/** How many rows a table of a project has now; quick, to be asked again and again while another process writes. */
export function countStored(path: string, table: Table): number {
  const database = new Database(path, { readonly: true })
  try {
    return database.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck().get()!
  } finally {
    database.close()
  }
}

/** The rows of an earlier moment that are not there any more, or not as they were. */
export function lostRows(before: StoredRows, after: StoredRows): string[] {
  return tables.flatMap((table) => {
    const now = new Set(after.rows[table])
    return before.rows[table].filter((row) => !now.has(row)).map((row) => `${table}: ${row}`)
  })
}

/** Buffers come here as what their own toJSON made of them. */
function hashBytes(_key: string, value: unknown): unknown {
  const isBuffer = value !== null && typeof value === 'object' && 'type' in value && value.type === 'Buffer'
  return isBuffer ? hash('sha256', Buffer.from((value as unknown as { data: number[] }).data)) : value
}
