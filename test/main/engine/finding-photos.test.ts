import { copyFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { codeOf, folderIn, inspect, useEngine, useFolder } from './engine-tools.ts'
import { setUpRun, type RunSetting } from './run-tools.ts'

const root = useFolder()
const { client } = useEngine()

async function photoOf({ project }: RunSetting, image = 1) {
  const { photo, folder, file } = await client['image.read']({ project, image })
  return { photo, folder, file }
}

async function find({ project }: RunSetting, folder: string): Promise<{ found: number; missing: number }> {
  return client['photos.find']({ project, image: 1, folder })
}

describe('photos that were moved', () => {
  it('are found where their whole folder went', async () => {
    const setting = await setUpRun(client, root)
    const moved = join(setting.folder, 'elsewhere')
    renameSync(setting.images, moved)
    expect(await photoOf(setting)).toMatchObject({ photo: 'missing' })
    const before = await inspect(setting.path)

    expect(await find(setting, moved)).toEqual({ found: 6, missing: 0 })
    for (const image of [1, 6]) expect(await photoOf(setting, image)).toMatchObject({ photo: 'present', folder: moved })
    const { audit, rows } = await inspect(setting.path)
    expect(rows['image_folder']).toBe(before.rows['image_folder'])
    expect(audit.slice(before.audit.length)).toMatchObject([
      { actor: 'user', action: 'photos.find', data: { from: setting.images, to: moved, images: 6 } },
    ])
    expect(await client['project.verify']({ path: setting.path })).toMatchObject({ ok: true, photos: { present: 6 } })
  })

  it('are found by their content, under other names and beside others', async () => {
    const setting = await setUpRun(client, root)
    const target = folderIn(root)
    mkdirSync(join(target, 'deep'))
    copyFileSync(setting.photos[1]!.path, join(target, 'deep/renamed.png'))
    writeFileSync(join(target, 'other.png'), 'no photo of this project')
    for (const i of [1, 2]) rmSync(setting.photos[i]!.path)

    expect(await find(setting, target)).toEqual({ found: 1, missing: 1 })
    expect(await photoOf(setting, 2)).toEqual({ photo: 'present', folder: target, file: 'deep/renamed.png' })
    expect(await photoOf(setting, 1)).toMatchObject({ photo: 'present', folder: setting.images })
    expect(await photoOf(setting, 3)).toMatchObject({ photo: 'missing', folder: setting.images })
    expect(await client['project.verify']({ path: setting.path })).toMatchObject({ ok: true, photos: { missing: 1 } })
  })

  it('are each found once, where two have the same content', async () => {
    const setting = await setUpRun(client, root)
    const target = folderIn(root)
    // the project has the photo under two names
    const copy = join(setting.images, 'cats/copy.png')
    copyFileSync(setting.photos[0]!.path, copy)
    await client['dataset.import']({ project: setting.project, format: 'folder', images: setting.images })
    copyFileSync(copy, join(target, 'only-one.png'))
    for (const path of [copy, setting.photos[0]!.path]) rmSync(path)
    expect(await find(setting, target)).toEqual({ found: 1, missing: 1 })
  })

  it('are not looked for in a folder that is not there, and nothing is noted where none was found', async () => {
    const setting = await setUpRun(client, root)
    renameSync(dirname(setting.photos[0]!.path), join(setting.folder, 'gone'))
    const before = await inspect(setting.path)
    expect(await codeOf(find(setting, join(root, 'none')))).toBe('file.missing')
    expect(await find(setting, folderIn(root))).toEqual({ found: 0, missing: 2 })
    expect(await inspect(setting.path)).toEqual(before)
  })
})
