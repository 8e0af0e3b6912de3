import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startComputeChild } from '#main/compute/host.ts'
import { createEngine } from '#main/engine/engine.ts'
import { makePhotos } from '../../builders/dataset.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { codeOf, errorOf, inspect, newProject, useEngine, useFolder } from './engine-tools.ts'

const folder = useFolder()
const { client } = useEngine()
const { client: second } = useEngine()

const at = (name: string): string => join(folder, name)

describe('a project', () => {
  it('is made, described, closed and opened again', async () => {
    const path = at('new.obalex')
    const project = await newProject(client, path)
    const description = await client['project.describe']({ project })
    expect(description).toMatchObject({
      path,
      createdBy: 'ObAlEx Workstation test',
      isWritable: true,
      nImages: 0,
      nInstances: 0,
      nModels: 0,
      nPredictions: 0,
      nExplanations: 0,
      nScores: 0,
      nAuditEntries: 1,
      labels: [],
      folders: [],
    })
    await client['project.close']({ project })
    const again = await client['project.open']({ path, mode: 'write' })
    expect(again.project).not.toBe(project)
    expect(await client['project.describe']({ project: again.project })).toEqual(description)
    await client['project.close']({ project: again.project })
    expect(existsSync(`${path}-wal`)).toBe(false)
  })

  it('is described by what came into it', async () => {
    const project = await newProject(client, at('described.obalex'))
    const images = at('described')
    await makePhotos(images, { classes: ['cat', 'dog'], perClass: 3 })
    await client['dataset.import']({ project, format: 'folder', images })
    expect(await client['project.describe']({ project })).toMatchObject({
      nImages: 6,
      nAuditEntries: 2,
      labels: [
        { label: 'cat', nImages: 3 },
        { label: 'dog', nImages: 3 },
      ],
      folders: [images],
    })
  })

  it('is never overwritten', async () => {
    const path = at('kept.obalex')
    const project = await newProject(client, path)
    const before = await inspect(path)
    expect(await codeOf(client['project.create']({ path }))).toBe('project.exists')
    await client['project.close']({ project })
    expect(await codeOf(client['project.create']({ path }))).toBe('project.exists')
    expect(await inspect(path)).toEqual(before)
  })

  it('has one writer; a second engine may read it meanwhile, and sees what is written', async () => {
    const path = at('locked.obalex')
    const project = await newProject(client, path)
    const error = await errorOf(second['project.open']({ path, mode: 'write' }))
    expect(error).toMatchObject({ code: 'project.locked', data: { pid: process.pid } })

    const { project: reader } = await second['project.open']({ path, mode: 'read' })
    expect(await second['project.describe']({ project: reader })).toMatchObject({ isWritable: false, nImages: 0 })
    const images = at('locked')
    await makePhotos(images, { perClass: 1 })
    await client['dataset.import']({ project, format: 'folder', images })
    expect(await second['project.describe']({ project: reader })).toMatchObject({ nImages: 3 })

    await client['project.close']({ project })
    const { project: writer } = await second['project.open']({ path, mode: 'write' })
    expect(await second['project.describe']({ project: writer })).toMatchObject({ isWritable: true, nImages: 3 })
  })

  it('that is open for reading refuses every change', async () => {
    const path = at('read.obalex')
    await client['project.close']({ project: await newProject(client, path) })
    const before = await inspect(path)
    const { project } = await client['project.open']({ path, mode: 'read' })
    const images = at('read')
    await makePhotos(images, { perClass: 1 })
    const request = { project, format: 'folder', images }
    expect(await codeOf(client['dataset.import'](request))).toBe('project.read-only')
    const spec = { models: [{ path: at('none/model.json') }], methods: [{ method: 'gradcam' }] }
    expect(await codeOf(client['run.start']({ project, spec }))).toBe('project.read-only')
    expect((await client['dataset.import']({ ...request, dryRun: true })).images.new).toBe(3)
    expect(await inspect(path)).toEqual(before)
  })

  it('is unknown under the handle of one that was closed, or that never was', async () => {
    const project = await newProject(client, at('closed.obalex'))
    await client['project.close']({ project })
    expect(await codeOf(client['project.describe']({ project }))).toBe('record.missing')
    expect(await codeOf(client['project.close']({ project }))).toBe('record.missing')
    expect(await codeOf(client['scores.list']({ project: 999 }))).toBe('record.missing')
  })

  it('is closed under nobody: what uses it is cancelled first, and keeps nothing half done', async () => {
    const path = at('busy.obalex')
    const project = await newProject(client, path)
    const images = at('busy')
    await makePhotos(images, { perClass: 80, width: 12, height: 10 })
    const begun = Promise.withResolvers<undefined>()
    const onEvent = (): void => begun.resolve(undefined)
    const importing = codeOf(client['dataset.import']({ project, format: 'folder', images }, { onEvent }))
    await begun.promise
    const describing = Array.from({ length: 30 }, () => client['project.describe']({ project }))
    await client['project.close']({ project })
    expect(await importing).toBe('aborted')
    for (const { nImages } of await Promise.all(describing)) expect(nImages).toBe(0)
    expect((await inspect(path)).rows).toMatchObject({ image: 0, audit_log: 1 })
  })

  it('must be there, and be a project', async () => {
    for (const mode of ['read', 'write'] as const) {
      expect(await codeOf(client['project.open']({ path: at('none.obalex'), mode }))).toBe('file.missing')
      expect(await codeOf(client['project.open']({ path: import.meta.filename, mode }))).toBe('project.not-a-project')
    }
    expect(await codeOf(client['project.create']({ path: at('no-folder/new.obalex') }))).toBe('file.missing')
  })

  it('is closed with the engine, also where another one of its projects was removed', async () => {
    const place = temporaryFolder()
    const engine = createEngine({ startCompute: startComputeChild, version: 'test', checkOutputs: true })
    const own = engine.connect()
    const images = join(place, 'photos')
    await makePhotos(images, { perClass: 1 })
    const [removed, kept] = [join(place, 'removed.obalex'), join(place, 'kept.obalex')]
    for (const path of [removed, kept]) {
      await own['dataset.import']({ project: await newProject(own, path), format: 'folder', images })
    }
    rmSync(removed)
    expect(await codeOf(engine.dispose())).toBe('file.missing')
    expect(existsSync(`${kept}-wal`)).toBe(false)
    const { project } = await client['project.open']({ path: kept, mode: 'write' })
    expect(await client['project.describe']({ project })).toMatchObject({ nImages: 3 })
    await client['project.close']({ project })
  })
})
