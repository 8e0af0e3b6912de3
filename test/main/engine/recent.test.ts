import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import type { EngineClient } from '#common/contract/index.ts'
import { startComputeChild } from '#main/compute/host.ts'
import { createEngine } from '#main/engine/engine.ts'
import { RecentProjects } from '#main/engine/recent.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { newProject } from './engine-tools.ts'

function start(recentFile?: string): EngineClient {
  let time = 1000
  const engine = createEngine({
    startCompute: startComputeChild,
    version: 'test',
    checkOutputs: true,
    ...(recentFile === undefined ? {} : { recentFile }),
    now: () => ++time,
  })
  onTestFinished(() => engine.dispose())
  return engine.connect()
}

const pathsOf = async (client: EngineClient): Promise<string[]> =>
  (await client['recent.list']({})).projects.map(({ path }) => path)

it('what was opened or made is remembered, the newest first, over restarts', async () => {
  const folder = temporaryFolder()
  const file = join(folder, 'new/user/recent.json')
  const [a, b] = [join(folder, 'a.obalex'), join(folder, 'b.obalex')]
  const client = start(file)
  expect(await pathsOf(client)).toEqual([])
  await client['project.close']({ project: await newProject(client, a) })
  await newProject(client, b)
  expect(await pathsOf(client)).toEqual([b, a])
  await client['project.open']({ path: a, mode: 'read' })
  expect(await pathsOf(client)).toEqual([a, b])
  const { projects } = await start(file)['recent.list']({})
  expect(projects.map(({ path }) => path)).toEqual([a, b])
  expect(projects[0]!.openedAt).toBeGreaterThan(projects[1]!.openedAt)
})

it('a project whose file is gone says so, and can be forgotten', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'gone.obalex')
  const client = start(join(folder, 'recent.json'))
  await client['project.close']({ project: await newProject(client, path) })
  rmSync(path)
  expect((await client['recent.list']({})).projects).toEqual([expect.objectContaining({ path, isThere: false })])
  await client['recent.forget']({ path })
  await client['recent.forget']({ path: 'never known' })
  expect(await pathsOf(client)).toEqual([])
})

it('nothing is remembered where the host wants none', async () => {
  const folder = temporaryFolder()
  const client = start()
  await newProject(client, join(folder, 'a.obalex'))
  expect(await client['recent.list']({})).toEqual({ projects: [] })
  expect(await client['recent.forget']({ path: 'a' })).toEqual({})
})

it('a damaged file, and one that cannot be written, keep no project from being opened', async () => {
  const folder = temporaryFolder()
  const file = join(folder, 'recent.json')
  const notes: string[] = []
  const recent = new RecentProjects({ file, now: () => 5, note: (text) => notes.push(text) })
  for (const text of ['', '{', '{"projects": 7}', '{"projects": [{"path": 1, "openedAt": 1}]}']) {
    writeFileSync(file, text)
    expect(await recent.list()).toEqual([])
    await recent.add('a')
    expect(await recent.list()).toEqual([{ path: 'a', openedAt: 5 }])
  }
  rmSync(file)
  mkdirSync(file)
  await recent.add('b')
  expect(notes).toHaveLength(1)
  await expect(recent.forget('a')).rejects.toMatchObject({ code: 'file.unwritable' })
})

it('keeps fifty, and loses none that come at the same time', async () => {
  const file = join(temporaryFolder(), 'recent.json')
  let time = 0
  const recent = new RecentProjects({ file, now: () => ++time, note: () => undefined })
  await Promise.all(Array.from({ length: 60 }, (_, i) => recent.add(`p${i}`)))
  const paths = (await recent.list()).map(({ path }) => path)
  expect(paths).toEqual(Array.from({ length: 50 }, (_, i) => `p${59 - i}`))
  expect(existsSync(file) && readFileSync(file, 'utf8').endsWith('\n')).toBe(true)
})
