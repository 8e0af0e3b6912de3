import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { listAudit } from '#main/project/audit-log.ts'
import { countImages } from '#main/project/image-repository.ts'
import { createProject, openProject } from '#main/project/open.ts'
import { addImages, expectCode, makeClock, makeProject, reopen } from '../../builders/project.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'

const now = makeClock()

describe('createProject', () => {
  it('makes a file that says what it is, and logs that it was made', async () => {
    const project = await makeProject({ createdBy: 'ObAlEx Workstation 1.2.3' })
    expect(project.mode).toBe('write')
    expect(project.info.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4/)
    expect(project.info.createdBy).toBe('ObAlEx Workstation 1.2.3')
    expect(project.info.createdAt).toBeGreaterThan(Date.UTC(2026, 0))
    const [entry] = await listAudit(project.read, { limit: 10 })
    expect(entry).toMatchObject({ seq: 1, action: 'project.create', data: { id: project.info.id } })
  })

  it('never overwrites, whatever is there', async () => {
    const path = join(temporaryFolder(), 'a.obalex')
    writeFileSync(path, 'my thesis')
    await expectCode(createProject(path, { now }), 'project.exists')
    expect(readFileSync(path, 'utf8')).toBe('my thesis')
    expect(readdirSync(dirname(path))).toEqual(['a.obalex'])
  })

  it('does not take over what an earlier project of that name left behind', async () => {
    const path = join(temporaryFolder(), 'a.obalex')
    writeFileSync(`${path}-wal`, 'pages of another file')
    const error = await expectCode(createProject(path, { now }), 'project.exists')
    expect(error.data).toEqual({ path: `${path}-wal` })
    expect(existsSync(path)).toBe(false)
  })

  it('says that the folder is missing', async () => {
    await expectCode(createProject(join(temporaryFolder(), 'no', 'a.obalex'), { now }), 'file.missing')
  })

  it('refuses a name that SQLite would shorten', async () => {
    await expectCode(createProject(join(temporaryFolder(), 'a.obalex '), { now }), 'request.invalid')
  })

  it('leaves nothing behind when it fails half-way', async () => {
    const folder = temporaryFolder()
    const failing = () => {
      throw new Error('no clock')
    }
    await expectCode(createProject(join(folder, 'a.obalex'), { now: failing }), 'file.unwritable')
    expect(readdirSync(folder)).toEqual([])
  })
})

describe('openProject', () => {
  it('does not write into a file with a damaged page, wherever that is', async () => {
    const project = await makeProject({ images: 50 })
    await project.close()
    const bytes = readFileSync(project.path)
    const database = new Database(project.path, { readonly: true })
    const root = database.prepare<[], number>("SELECT rootpage FROM sqlite_schema WHERE name = 'image'").pluck().get()!
    const size = database.pragma('page_size', { simple: true }) as number
    database.close()
    bytes.fill(0x5a, (root - 1) * size, root * size)
    writeFileSync(project.path, bytes)
    await expectCode(openProject(project.path, { mode: 'write', now }), 'project.corrupt')
    expect(readFileSync(project.path).equals(bytes)).toBe(true)
    expect((await reopen(project.path, { mode: 'read' })).info).toEqual(project.info)
  })

  it('finds again what was written, and leaves a single file when closed', async () => {
    const project = await makeProject({ images: 3 })
    await project.close()
    expect(readdirSync(dirname(project.path))).toEqual(['test.obalex'])
    const again = await reopen(project.path)
    expect(again.info).toEqual(project.info)
    expect(await countImages(again.read)).toBe(3)
  })

  it('reads while another connection writes, and sees what is committed', async () => {
    const project = await makeProject({ images: 1 })
    const reading = await reopen(project.path, { mode: 'read' })
    expect(reading.mode).toBe('read')
    await addImages(project, 2, (index) => ({ file: `more/${index}.jpg` }))
    expect(await countImages(reading.read)).toBe(3)
  })

  it('goes on reading when a writer opens and closes the project meanwhile', async () => {
    const project = await makeProject({ images: 1 })
    await project.close()
    const reading = await reopen(project.path, { mode: 'read' })
    expect(await countImages(reading.read)).toBe(1)
    const writing = await reopen(project.path)
    await addImages(writing, 1, () => ({ file: 'new.jpg' }))
    expect(await countImages(reading.read)).toBe(2)
    await writing.close()
    expect(await countImages(reading.read)).toBe(2)
    await reading.close()
    await (await reopen(project.path)).close()
    expect(readdirSync(dirname(project.path))).toEqual(['test.obalex'])
  })

  it('refuses to write in a project that is open for reading', async () => {
    const project = await makeProject()
    const reading = await reopen(project.path, { mode: 'read' })
    await expectCode(addImages(reading, 1), 'project.read-only')
    await expectCode(reading.read.deleteFrom('meta').execute(), 'project.read-only')
  })

  it('refuses a second writer, naming the first, and does not disturb it', async () => {
    const project = await makeProject()
    const error = await expectCode(openProject(project.path, { mode: 'write', now }), 'project.locked')
    expect(error.data).toMatchObject({ pid: process.pid, path: project.path })
    await addImages(project, 1)
    expect(await countImages(project.read)).toBe(1)
  })

  it('says that the file is missing', async () => {
    const path = join(temporaryFolder(), 'no.obalex')
    await expectCode(openProject(path, { mode: 'write', now }), 'file.missing')
    await expectCode(openProject(path, { mode: 'read', now }), 'file.missing')
    expect(existsSync(path)).toBe(false)
  })

  it.each(['read', 'write'] as const)('says what is no project, and leaves it alone (%s)', async (mode) => {
    const folder = temporaryFolder()
    const files = { empty: '', text: 'not a database', long: 'not a database '.repeat(1000) }
    for (const [name, content] of Object.entries(files)) {
      writeFileSync(join(folder, name), content)
      await expectCode(openProject(join(folder, name), { mode, now }), 'project.not-a-project')
      expect(readFileSync(join(folder, name), 'utf8')).toBe(content)
    }
    mkdirSync(join(folder, 'folder'))
    await expectCode(openProject(join(folder, 'folder'), { mode, now }), 'project.not-a-project')
  })

  it.each(['read', 'write'] as const)('says when it is the database of another program (%s)', async (mode) => {
    const path = join(temporaryFolder(), 'other.db')
    new Database(path).exec('CREATE TABLE bookmarks (url TEXT)').close()
    const before = readFileSync(path)
    await expectCode(openProject(path, { mode, now }), 'project.not-a-project')
    expect(readFileSync(path).equals(before)).toBe(true)
    expect(readdirSync(dirname(path))).toEqual(['other.db'])
  })

  it.each(['read', 'write'] as const)('refuses a file of a newer version (%s)', async (mode) => {
    const project = await makeProject()
    await project.close()
    const database = new Database(project.path)
    database.pragma('user_version = 99')
    database.close()
    const error = await expectCode(openProject(project.path, { mode, now }), 'project.newer')
    expect(error.data).toMatchObject({ version: 99 })
  })

  it.each([
    ['a table that is missing', 'DROP TABLE score'],
    ['a table without the lock', 'DROP TABLE lock'],
    ['a column that is missing', 'ALTER TABLE image DROP COLUMN width'],
    ['no identity', "DELETE FROM meta WHERE key = 'project_id'"],
  ])('says that the file is damaged: %s', async (_, damage) => {
    const project = await makeProject()
    await project.close()
    new Database(project.path).exec(damage).close()
    await expectCode(openProject(project.path, { mode: 'write', now }), 'project.corrupt')
    await expectCode(openProject(project.path, { mode: 'read', now }), 'project.corrupt')
  })

  it('says that the file is damaged where a table refers to one that there is not', async () => {
    const project = await makeProject()
    await project.close()
    const text = readFileSync(project.path, 'latin1').replaceAll('REFERENCES image_folder', 'REFERENCES amage_folder')
    writeFileSync(project.path, text, 'latin1')
    await expectCode(openProject(project.path, { mode: 'write', now }), 'project.corrupt')
  })

  it('says that the file is damaged when it was cut off', async () => {
    const project = await makeProject({ images: 200 })
    await project.close()
    const whole = readFileSync(project.path)
    for (const length of [120, 4096, 8192, whole.length - 4096]) {
      writeFileSync(project.path, whole.subarray(0, length))
      await expectCode(openProject(project.path, { mode: 'write', now }), 'project.corrupt')
      await expectCode(openProject(project.path, { mode: 'read', now }), 'project.corrupt')
    }
  })

  it('opens a file that has more in it than this program knows', async () => {
    const project = await makeProject({ images: 1 })
    await project.close()
    new Database(project.path)
      .exec('CREATE TABLE notes (text TEXT); CREATE INDEX image_size ON image (size_bytes)')
      .close()
    const again = await reopen(project.path)
    expect(await countImages(again.read)).toBe(1)
  })
})
