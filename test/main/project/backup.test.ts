import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { verifyAudit } from '#main/project/audit-log.ts'
import { backupProject } from '#main/project/backup.ts'
import { countImages } from '#main/project/image-repository.ts'
import { addImages, expectCode, makeProject, reopen } from '../../builders/project.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'

describe('backupProject', () => {
  it('copies an open project into one file that can be opened beside it', async () => {
    const project = await makeProject({ images: 3 })
    const target = join(temporaryFolder(), 'backup.obalex')
    expect(await backupProject(project.path, target)).toBe(statSync(target).size)
    expect(readdirSync(dirname(target))).toEqual(['backup.obalex'])
    const copy = await reopen(target)
    expect(await countImages(copy.read)).toBe(3)
    expect(copy.info).toEqual(project.info)
    await addImages(project, 1, () => ({ file: 'later.jpg' }))
    expect(await countImages(copy.read)).toBe(3)
  })

  it('copies one moment, while writing goes on', async () => {
    const project = await makeProject()
    const source = { filler: 'x'.repeat(2000) }
    for (let turn = 0; turn < 5; turn++)
      await addImages(project, 500, (index) => ({ file: `${turn}/${index}`, source }))
    const target = join(temporaryFolder(), 'backup.obalex')
    let isDone = false
    const backup = backupProject(project.path, target).finally(() => (isDone = true))
    let written = 0
    while (!isDone) {
      await addImages(project, 10, (index) => ({ file: `during/${written}/${index}` }))
      written++
      await new Promise(setImmediate)
    }
    await backup
    expect(written).toBeGreaterThan(3)
    const copy = await reopen(target)
    expect(await countImages(copy.read)).toBe(2500)
    expect(await verifyAudit(copy.read)).toBeNull()
  })

  it('overwrites only when told to', async () => {
    const project = await makeProject({ images: 2 })
    const target = join(temporaryFolder(), 'backup.obalex')
    writeFileSync(target, 'an older backup')
    await expectCode(backupProject(project.path, target), 'file.exists')
    expect(readFileSync(target, 'utf8')).toBe('an older backup')
    await backupProject(project.path, target, { overwrite: true })
    expect(await countImages((await reopen(target)).read)).toBe(2)
  })

  it('replaces neither the project itself nor one that is open', async () => {
    const project = await makeProject({ images: 2 })
    const other = await makeProject({ images: 1 })
    await expectCode(backupProject(project.path, other.path, { overwrite: true }), 'file.exists')
    await expectCode(backupProject(project.path, project.path, { overwrite: true }), 'file.exists')
    await project.close()
    await expectCode(backupProject(project.path, project.path, { overwrite: true }), 'file.exists')
    expect(await countImages(other.read)).toBe(1)
    expect(await countImages((await reopen(project.path)).read)).toBe(2)
  })

  it('makes no backup of a damaged project, and leaves nothing behind', async () => {
    const project = await makeProject({ images: 500 })
    await project.close()
    const pages = readFileSync(project.path)
    // a page in the middle, so that the copy can be made and only the check finds it
    pages.fill(0x5a, pages.length - 8192, pages.length - 4096)
    writeFileSync(project.path, pages)
    const folder = temporaryFolder()
    await expectCode(backupProject(project.path, join(folder, 'backup.obalex')), 'project.corrupt')
    truncateSync(project.path, 5000)
    await expectCode(backupProject(project.path, join(folder, 'backup.obalex')), 'project.corrupt')
    expect(readdirSync(folder)).toEqual([])
  })

  it('says what is wrong with source or target', async () => {
    const project = await makeProject()
    const folder = temporaryFolder()
    await expectCode(backupProject(join(folder, 'no.obalex'), join(folder, 'b.obalex')), 'file.missing')
    writeFileSync(join(folder, 'text'), 'not a project')
    await expectCode(backupProject(join(folder, 'text'), join(folder, 'b.obalex')), 'project.not-a-project')
    await expectCode(backupProject(project.path, join(folder, 'no', 'b.obalex')), 'file.unwritable')
    const tooLong = join(folder, `${'b'.repeat(300)}.obalex`)
    await expectCode(backupProject(project.path, tooLong), 'file.unwritable')
    expect(readdirSync(folder)).toEqual(['text'])
  })
})
