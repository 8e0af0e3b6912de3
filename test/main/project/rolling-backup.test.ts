import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { readAuditHead, verifyAudit } from '#main/project/audit-log.ts'
import { backupFolder, listRollingBackups } from '#main/project/backup-folder.ts'
import { countImages } from '#main/project/image-repository.ts'
import type { Project } from '#main/project/project.ts'
import { rollBackup } from '#main/project/rolling-backup.ts'
import { overwrite } from '../../builders/damage.ts'
import { addImages, expectCode, makeProject, reopen, write } from '../../builders/project.ts'

const noon = Date.UTC(2026, 10, 24, 12)
const never = new AbortController().signal

const roll = (project: Project, now = noon) => rollBackup(project, { now, signal: never })

let nChanges = 0
/** One image more. */
function change(project: Project): Promise<unknown> {
  nChanges++
  return addImages(project, 1, () => ({ file: `changed/${nChanges}.jpg` }))
}

function namesOf(project: Project): string[] {
  return readdirSync(backupFolder(project.path)).sort()
}

describe('a rolling backup', () => {
  it('is a copy of an open project in one file, named by its time', async () => {
    const project = await makeProject({ images: 3 })
    const path = await roll(project)
    expect(path).toBe(join(`${project.path}.backups`, '2026-11-24T12-00-00.000Z.obalex'))
    expect(namesOf(project)).toEqual(['2026-11-24T12-00-00.000Z.obalex'])
    expect(listRollingBackups(project.path)).toEqual([{ path, at: noon }])
    const copy = await reopen(path!)
    expect(await readAuditHead(copy.read)).toEqual(await readAuditHead(project.read))
    expect(await verifyAudit(copy.read)).toBeNull()
    expect(await countImages(copy.read)).toBe(3)
  })

  it('is not made of an empty project, nor twice of the same state', async () => {
    const project = await makeProject()
    expect(await roll(project)).toBeNull()
    await change(project)
    expect(await roll(project, noon)).not.toBeNull()
    expect(await roll(project, noon + 1)).toBeNull()
    await change(project)
    expect(await roll(project, noon + 2)).not.toBeNull()
    expect(namesOf(project)).toHaveLength(2)
  })

  it('is made although the newest one cannot be read', async () => {
    const project = await makeProject({ images: 1 })
    const path = await roll(project)
    writeFileSync(path!, 'damaged')
    expect(await roll(project, noon + 1)).not.toBeNull()
  })

  it('leaves the newest three', async () => {
    const project = await makeProject()
    const made: (string | null)[] = []
    for (let hour = 0; hour < 5; hour++) {
      await change(project)
      made.push(await roll(project, noon + hour * 3_600_000))
    }
    expect(namesOf(project)).toEqual(made.slice(2).map((path) => basename(path!)))
  })

  it('comes after those before it also where the clock was set back', async () => {
    const project = await makeProject()
    for (const now of [noon, noon + 1000, noon - 5000, noon - 4000]) {
      await change(project)
      await roll(project, now)
    }
    const [newest, ...others] = listRollingBackups(project.path)
    expect([newest!, ...others].map(({ at }) => at - noon)).toEqual([1002, 1001, 1000])
    const copy = await reopen(newest!.path)
    expect(await countImages(copy.read)).toBe(4)
  })

  it('never takes the place of a good one where the project is damaged', async () => {
    const project = await makeProject({ images: 500 })
    for (let hour = 0; hour < 3; hour++) {
      await change(project)
      await roll(project, noon + hour)
    }
    const good = namesOf(project).map((name) => readFileSync(join(backupFolder(project.path), name)))
    await project.close()
    const damaged = await reopen(project.path)
    await change(damaged)
    overwrite(project.path, statSync(project.path).size - 8192, Buffer.alloc(4096, 0x5a))
    const error = await expectCode(roll(damaged, noon + 9), 'project.corrupt')
    expect(error.message).toContain('damaged')
    expect(namesOf(project).map((name) => readFileSync(join(backupFolder(project.path), name)))).toEqual(good)
  })

  it('is not made of a project whose schema was changed outside the program', async () => {
    const project = await makeProject({ images: 1 })
    await write(project, (trx) => sql`DROP TRIGGER mask_revision_no_delete`.execute(trx))
    await expectCode(roll(project), 'project.corrupt')
    expect(listRollingBackups(project.path)).toEqual([])
  })

  it('leaves nothing behind when it is stopped, and clears away what a killed process left', async () => {
    const project = await makeProject({ images: 1 })
    const folder = backupFolder(project.path)
    mkdirSync(folder)
    for (const name of ['.obalex-0123456789ab.part', '.obalex-0123456789ab.part-journal', 'mine.txt']) {
      writeFileSync(join(folder, name), 'half')
    }
    await expect(rollBackup(project, { now: noon, signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'aborted',
    })
    expect(namesOf(project)).toEqual(['mine.txt'])
  })

  it('says so where it cannot be written', async () => {
    const project = await makeProject({ images: 1 })
    writeFileSync(backupFolder(project.path), 'a file')
    await expect(roll(project)).rejects.toMatchObject({ code: 'file.unwritable' })
  })
})

describe('listRollingBackups', () => {
  it('gives the newest first and nothing else that lies there', async () => {
    const project = await makeProject()
    const folder = backupFolder(project.path)
    expect(listRollingBackups(project.path)).toEqual([])
    mkdirSync(folder)
    const names = ['2026-01-02T03-04-05.006Z.obalex', '2026-01-02T03-04-05.007Z.obalex', 'a.obalex', '2026.obalex']
    for (const name of names) writeFileSync(join(folder, name), '')
    const expected = [names[1], names[0]].map((name) => join(folder, name!))
    expect(listRollingBackups(project.path).map(({ path }) => path)).toEqual(expected)
  })
})
