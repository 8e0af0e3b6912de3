import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startComputeChild } from '#main/compute/host.ts'
import { createEngine, type EngineOptions } from '#main/engine/engine.ts'
import { RollingBackups } from '#main/engine/rolling-backups.ts'
import { listRollingBackups } from '#main/project/backup-folder.ts'
import { makePhotos } from '../../builders/dataset.ts'
import { until } from '../../builders/processes.ts'
import { addImages, makeProject } from '../../builders/project.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { inspect } from './engine-tools.ts'

const never = new AbortController().signal

/** An engine with a new project in it, and photos that can be taken in. */
async function setUp(options: Partial<EngineOptions> = {}) {
  const folder = temporaryFolder()
  const notes: string[] = []
  const engine = createEngine({
    startCompute: startComputeChild,
    version: 'test',
    note: (text) => notes.push(text),
    ...options,
  })
  onTestFinished(() => engine.dispose())
  const client = engine.connect()
  const path = join(folder, 'p.obalex')
  const { project } = await client['project.create']({ path })
  await makePhotos(join(folder, 'photos'), { perClass: 1 })
  const load = () => client['dataset.import']({ project, format: 'folder', images: join(folder, 'photos') })
  return { folder, engine, client, path, project, load, notes }
}

describe('closing a project', () => {
  it('keeps a copy of it where it was changed', async () => {
    const { client, path, project, load, notes } = await setUp()
    await load()
    await client['project.close']({ project })
    const backups = listRollingBackups(path)
    expect(backups).toHaveLength(1)
    expect(await inspect(backups[0]!.path)).toEqual(await inspect(path))
    const again = await client['project.open']({ path, mode: 'write' })
    await client['project.close'](again)
    const reader = await client['project.open']({ path, mode: 'read' })
    await client['project.close'](reader)
    expect(listRollingBackups(path)).toEqual(backups)
    expect(notes).toEqual([])
  })

  it('keeps none of an empty one', async () => {
    const { client, path, project, folder } = await setUp()
    await client['project.close']({ project })
    expect(existsSync(`${path}.backups`)).toBe(false)
    expect(readdirSync(folder).sort()).toEqual(['p.obalex', 'photos'])
  })

  it('keeps one too where the engine is disposed of', async () => {
    const { engine, path, load } = await setUp()
    await load()
    await engine.dispose()
    expect(listRollingBackups(path)).toHaveLength(1)
  })

  it('goes well, and says so, where none can be written', async () => {
    const { client, path, project, load, notes } = await setUp()
    writeFileSync(`${path}.backups`, 'in the way')
    await load()
    await client['project.close']({ project })
    expect(notes).toEqual([expect.stringContaining(`${path}.backups`)])
    expect((await inspect(path)).rows['image']).toBe(3)
  })

  it('leaves it to the next time where the program is asked to end', async () => {
    const ending = new AbortController()
    const { client, path, project, load, notes } = await setUp({ ending: ending.signal })
    await load()
    ending.abort()
    await client['project.close']({ project })
    expect(listRollingBackups(path)).toEqual([])
    expect(notes).toEqual([])
    const next = await setUp()
    await next.client['project.close'](await next.client['project.open']({ path, mode: 'write' }))
    expect(listRollingBackups(path)).toHaveLength(1)
  })

  it('does not wait for ever', async () => {
    const project = await makeProject({ images: 1 })
    const notes: string[] = []
    const note = (text: string) => void notes.push(text)
    const backups = new RollingBackups({ now: Date.now, note, ending: never, limitMs: 0 })
    backups.watch(project)
    await backups.finish(project)
    await backups.finish(project)
    expect(notes).toEqual([expect.stringContaining('longer than 0 s')])
    expect(readdirSync(`${project.path}.backups`)).toEqual([])
  })
})

describe('a long session', () => {
  it('is copied now and then while changes come in', async () => {
    const project = await makeProject({ images: 1 })
    const notes: string[] = []
    const note = (text: string) => void notes.push(text)
    const backups = new RollingBackups({ now: Date.now, note, ending: never, everyMs: 20 })
    backups.watch(project)
    const has = (n: number) => () => listRollingBackups(project.path).length === n
    await until(has(1), { what: 'the first backup' })
    await addImages(project, 1, () => ({ file: 'later.jpg' }))
    await until(has(2), { what: 'the second backup' })
    await backups.finish(project)
    expect(listRollingBackups(project.path)).toHaveLength(2)
    expect(notes).toEqual([])
  })
})
