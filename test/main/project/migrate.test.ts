import { readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { countImages } from '#main/project/image-repository.ts'
import type { Migration } from '#main/project/migrate.ts'
import { migrations } from '#main/project/migrations/index.ts'
import { openProject } from '#main/project/open.ts'
import { addImages, expectCode, makeClock, makeProject, reopen } from '../../builders/project.ts'

const now = makeClock()
const notes: Migration = { name: '0002-notes', sql: 'CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT) STRICT' }
const failing: Migration = {
  name: '0003-failing',
  sql: "CREATE TABLE half (id INTEGER PRIMARY KEY) STRICT; INSERT INTO note (text) VALUES ('half'); SELECT broken()",
}

/** A closed project of today's version with three images. */
async function makeOld(): Promise<string> {
  const project = await makeProject({ images: 3 })
  await project.close()
  return project.path
}

function look(path: string): { version: unknown; tables: unknown[]; locks: unknown } {
  const database = new Database(path, { readonly: true })
  const version = database.pragma('user_version', { simple: true })
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE name IN ('note', 'half')").pluck().all()
  const locks = database.prepare('SELECT count(*) FROM lock').pluck().get()
  database.close()
  return { version, tables, locks }
}

describe('the list of migrations', () => {
  it('is numbered without a gap', () => {
    for (const [index, { name }] of migrations.entries()) {
      expect(name).toMatch(new RegExp(`^${String(index + 1).padStart(4, '0')}-[a-z-]+$`))
    }
  })
})

describe('migrate', () => {
  it('brings an older file to the new version, and keeps a copy until the first good opening after it', async () => {
    const path = await makeOld()
    const known = [...migrations, notes]
    const project = await reopen(path, { migrations: known })
    expect(await countImages(project.read)).toBe(3)
    const copy = path.replace('.obalex', `.version-${migrations.length}.obalex`)
    expect(look(copy)).toEqual({ version: migrations.length, tables: [], locks: 0 })
    await project.close()
    expect(look(path)).toEqual({ version: known.length, tables: ['note'], locks: 0 })
    await (await reopen(path, { migrations: known, mode: 'read' })).close()
    expect(readdirSync(dirname(path))).toHaveLength(2)
    await (await reopen(path, { migrations: known })).close()
    expect(readdirSync(dirname(path))).toEqual(['test.obalex'])
  })

  it('leaves nothing half-done of a step that fails, and says where the copy is', async () => {
    const path = await makeOld()
    const opening = openProject(path, { mode: 'write', now, migrations: [...migrations, notes, failing] })
    const error = await expectCode(opening, 'project.migration')
    const copy = path.replace('.obalex', `.version-${migrations.length}.obalex`)
    expect(error.data).toEqual({ path, migration: '0003-failing', copy })
    expect(error.hint).toContain(copy)
    expect(look(path)).toEqual({ version: migrations.length + 1, tables: ['note'], locks: 0 })
    expect(look(copy)).toEqual({ version: migrations.length, tables: [], locks: 0 })
    const before = await reopen(copy)
    expect(await countImages(before.read)).toBe(3)
    await before.close()
    const mended = await reopen(path, { migrations: [...migrations, notes] })
    expect(await countImages(mended.read)).toBe(3)
  })

  it('does not let a step leave rows that point nowhere', async () => {
    const path = await makeOld()
    const orphaning: Migration = { name: '0002-orphaning', sql: 'DELETE FROM image_folder' }
    const opening = openProject(path, { mode: 'write', now, migrations: [...migrations, orphaning] })
    await expectCode(opening, 'project.migration')
    expect(await countImages((await reopen(path)).read)).toBe(3)
  })

  it('makes no new copy each time that the same step fails, and none over a file of somebody else', async () => {
    const path = await makeOld()
    const folder = dirname(path)
    const name = `test.version-${migrations.length}.obalex`
    writeFileSync(join(folder, name), 'mine')
    const wrong: Migration = { name: '0002-wrong', sql: 'SELECT broken()' }
    for (let attempt = 1; attempt <= 3; attempt++) {
      const opening = openProject(path, { mode: 'write', now, migrations: [...migrations, wrong] })
      await expectCode(opening, 'project.migration')
      expect(readdirSync(folder).sort()).toEqual(['test.obalex', name.replace('.obalex', '-2.obalex'), name].sort())
    }
    await (await reopen(path)).close()
    expect(readdirSync(folder).sort()).toEqual(['test.obalex', name].sort())
  })

  it('removes no file that a project merely says is its copy', async () => {
    const path = await makeOld()
    const names = ['thesis.docx', 'other.version-1.obalex', 'test.version-1-x.obalex']
    const files = names.map((name) => join(dirname(path), name))
    for (const file of files) writeFileSync(file, 'mine')
    const database = new Database(path)
    database.prepare("INSERT INTO meta VALUES ('migration_copies', ?)").run(JSON.stringify(files))
    database.close()
    await (await reopen(path)).close()
    expect(readdirSync(dirname(path))).toHaveLength(4)
  })

  it('does not migrate a file that is opened for reading', async () => {
    const path = await makeOld()
    await expectCode(openProject(path, { mode: 'read', now, migrations: [...migrations, notes] }), 'project.migration')
    expect(look(path).version).toBe(migrations.length)
  })

  it('does not migrate a file that another process writes', async () => {
    const project = await makeProject()
    const opening = openProject(project.path, { mode: 'write', now, migrations: [...migrations, notes] })
    await expectCode(opening, 'project.locked')
    await addImages(project, 1)
    expect(look(project.path)).toEqual({ version: migrations.length, tables: [], locks: 1 })
  })
})
