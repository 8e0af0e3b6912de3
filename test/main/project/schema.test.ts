import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import ts from 'typescript'
import { describe, expect, it, onTestFinished } from 'vitest'
import { listAudit, verifyAudit } from '#main/project/audit-log.ts'
import { firstBrokenBlob } from '#main/project/blobs.ts'
import { listImages } from '#main/project/image-repository.ts'
import { currentMasks, firstBrokenRevision } from '#main/project/mask-repository.ts'
import { migrations } from '#main/project/migrations/index.ts'
import { reopen } from '../../builders/project.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'

interface Column {
  readonly name: string
  readonly type: string
  readonly notnull: number
  readonly pk: number
}

function freshDatabase(): Database.Database {
  const database = new Database(':memory:')
  for (const { sql } of migrations) database.exec(sql)
  onTestFinished(() => void database.close())
  return database
}

function tableNames(database: Database.Database): string[] {
  const query = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
  return database.prepare<[], string>(query).pluck().all()
}

/** What schema.ts says: table → column → the storage classes that hold its values, and whether null is one. */
function typedTables(): Record<string, Record<string, { types: string[]; isNullable: boolean }>> {
  const path = join(import.meta.dirname, '../../../main/project/schema.ts')
  const file = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true)
  const interfaces = new Map(
    file.statements.filter(ts.isInterfaceDeclaration).map((node) => [node.name.text, node.members] as const),
  )
  const properties = (name: string) =>
    interfaces
      .get(name)!
      .filter(ts.isPropertySignature)
      .map((node) => [node.name.getText(), node.type!.getText()] as const)
  return Object.fromEntries(
    properties('Schema').map(([table, type]) => [
      table,
      Object.fromEntries(properties(type).map(([column, text]) => [column, storage(text)])),
    ]),
  )
}

function storage(text: string): { types: string[]; isNullable: boolean } {
  const bare = text.replace(/^Generated<(.*)>$/, '$1')
  const parts = bare.split(' | ').filter((part) => part !== 'null')
  const isNullable = parts.length < bare.split(' | ').length
  if (parts.every((part) => part === 'string' || part.startsWith("'"))) return { types: ['TEXT'], isNullable }
  if (parts.every((part) => part === 'Bytes')) return { types: ['BLOB'], isNullable }
  if (parts.every((part) => part === 'Flag' || part.endsWith('Id'))) return { types: ['INTEGER'], isNullable }
  expect(parts).toEqual(['number'])
  return { types: ['INTEGER', 'REAL'], isNullable }
}

describe('schema.ts', () => {
  it('says of every table and column what the migrations make', () => {
    const database = freshDatabase()
    const typed = typedTables()
    // the lock is asked for before a project is open, past Kysely
    expect(Object.keys(typed).sort()).toEqual(tableNames(database).filter((name) => name !== 'lock'))
    for (const [table, columns] of Object.entries(typed)) {
      const made = database.pragma(`table_info(${table})`) as Column[]
      expect(Object.keys(columns), table).toEqual(made.map(({ name }) => name))
      for (const { name, type, notnull, pk } of made) {
        expect(columns[name]!.types, `${table}.${name}`).toContain(type)
        expect(columns[name]!.isNullable, `${table}.${name}`).toBe(notnull === 0 && pk === 0)
      }
    }
  })
})

/** Adds to the first object a revision like its first one, but for what is given. */
function anotherRevision(numberKindAuditor: string, box = 'bbox_x, bbox_y, bbox_width, bbox_height'): string {
  return `INSERT INTO mask_revision
    SELECT 9, 1, ${numberKindAuditor}, width, height, rle, sha256, area, ${box}, created_at FROM mask_revision WHERE id = 1`
}

describe('the tables', () => {
  it('are strict', () => {
    const tables = freshDatabase().pragma('table_list') as { name: string; strict: number }[]
    const lax = tables.filter(({ name, strict }) => !name.startsWith('sqlite_') && strict === 0)
    expect(lax).toEqual([])
  })

  it('say what happens to rows whose parent goes, and find them by an index', () => {
    const database = freshDatabase()
    const keys = tableNames(database).flatMap((table) => {
      const parts = database.pragma(`foreign_key_list(${table})`) as { id: number; from: string; on_delete: string }[]
      return [...Map.groupBy(parts, ({ id }) => id).values()].map((columns) => ({
        table,
        columns: columns.map(({ from }) => from),
        onDelete: columns[0]!.on_delete,
      }))
    })
    expect(keys).toHaveLength(23)
    for (const { table, columns, onDelete } of keys) {
      expect(['RESTRICT', 'CASCADE', 'SET NULL'], `${table}.${columns.join()}`).toContain(onDelete)
      const where = columns.map((column) => `${column} = 1`).join(' AND ')
      const query = `EXPLAIN QUERY PLAN SELECT 1 FROM ${table} WHERE ${where}`
      const plan = database.prepare<[], { detail: string }>(query).get()
      expect(plan?.detail, `${table}.${columns.join()}`).toMatch(/^SEARCH .* INDEX .*\(/)
    }
  })

  it('take another revision of a mask where nothing is wrong with it', () => {
    const path = join(temporaryFolder(), 'v1.obalex')
    copyFileSync(version1, path)
    const database = new Database(path)
    onTestFinished(() => void database.close())
    database.exec(anotherRevision("7, 'correction', 'Ada'"))
    expect(database.prepare('SELECT max(number) FROM mask_revision').pluck().get()).toBe(7)
  })

  it.each([
    ['a file outside the folder', "UPDATE image SET file = '../secret.jpg'"],
    ['a file outside the folder, on a way round', "UPDATE image SET file = 'a/../../secret.jpg'"],
    ['an absolute file', "UPDATE image SET file = '/etc/passwd'"],
    ['an image without pixels', 'UPDATE image SET width = 0'],
    ['a machine mask with an auditor', anotherRevision("7, 'machine', 'Ada'")],
    ['a second machine mask', anotherRevision("7, 'machine', NULL")],
    ['a correction by nobody', anotherRevision("7, 'correction', NULL")],
    ['a box beyond the image', anotherRevision("7, 'correction', 'Ada'", '7, 1, 2, 1')],
    ['a mask that is changed', 'UPDATE mask_revision SET area = 1'],
    ['a mask that is taken away', 'DELETE FROM mask_revision'],
    ['a score that is neither there nor missing for a reason', 'UPDATE score SET obalex = NULL, reason = NULL'],
    ['a score above 1', 'UPDATE score SET obalex = 1.01'],
    ['a job that runs and is finished', "UPDATE job SET state = 'running'"],
    ['an object of no image', 'UPDATE instance_mask SET image_id = 999'],
    ['an image that goes while it has masks', 'DELETE FROM image'],
    ['text in a number', "UPDATE image SET size_bytes = 'many'"],
    ['a list where an object should be', "UPDATE model SET card = '[]'"],
    ['text that is no JSON', "UPDATE job SET spec = '{'"],
  ])('refuse %s', (_, sql) => {
    const path = join(temporaryFolder(), 'v1.obalex')
    copyFileSync(version1, path)
    const database = new Database(path)
    onTestFinished(() => void database.close())
    expect(() => database.exec(sql)).toThrow(
      expect.objectContaining({
        code: expect.stringMatching(/^SQLITE_CONSTRAINT_(CHECK|TRIGGER|FOREIGNKEY|DATATYPE)$/) as string,
      }) as Error,
    )
  })
})

const version1 = join(import.meta.dirname, '../../fixtures/project/version-1.obalex')

describe('a file of version 1', () => {
  it('is opened, and holds what was put in', async () => {
    const path = join(temporaryFolder(), 'v1.obalex')
    copyFileSync(version1, path)
    const project = await reopen(path)
    expect(project.info.createdBy).toBe('fixture of version 1')
    const images = await listImages(project.read, {}, { limit: 10 })
    expect(images.map(({ file, label, split }) => [file, label, split])).toEqual([
      ['cats/1.jpg', 'cat', 'train'],
      ['dogs/2.jpg', 'dog', 'test'],
      ['3.jpg', null, null],
    ])
    const masks = await currentMasks(
      project.read,
      images.map(({ id }) => id),
    )
    expect([...masks.values()].map((of) => of.map(({ revision }) => revision.kind))).toEqual([
      ['correction'],
      ['machine'],
    ])
    expect(await listAudit(project.read, { limit: 10 })).toHaveLength(2)
    expect(await verifyAudit(project.read)).toBeNull()
    expect(await firstBrokenBlob(project.read)).toBeNull()
    expect(await firstBrokenRevision(project.read)).toBeNull()
  })
})
