import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { contract, type EngineClient } from '#common/contract/index.ts'
import { createMemoryLinks } from '#common/contract/links/memory.ts'
import { connect } from '#common/contract/rpc.ts'
import { Sessions } from '#main/engine/sessions.ts'
import { codeOf, errorOf, newProject, useEngine, useFolder } from './engine-tools.ts'

const folder = useFolder()
const { engine } = useEngine({ graceMs: 50 })
const { engine: patient } = useEngine()
const { client: outside } = useEngine()

interface Window {
  readonly client: EngineClient
  readonly close: () => void
}

function openWindow(of = engine): Window {
  const [near, far] = createMemoryLinks()
  of.serve(far)
  return { client: connect(contract, near), close: () => near.close() }
}

const isFree = async (path: string): Promise<boolean> => {
  const code = await codeOf(
    outside['project.open']({ path, mode: 'write' }).then(async (opened) => {
      await outside['project.close'](opened)
      throw new Error('it was free')
    }),
  )
  return code === 'it was free'
}

describe('a project that a window has opened', () => {
  it('is closed some time after the window is gone', async () => {
    const path = join(folder, 'gone.obalex')
    const window = openWindow()
    await newProject(window.client, path)
    expect(await isFree(path)).toBe(false)
    window.close()
    await vi.waitFor(async () => expect(await isFree(path)).toBe(true), { timeout: 10_000 })
  })

  it('is the same one for the page that is loaded again, and one window closes it then', async () => {
    const path = join(folder, 'again.obalex')
    const before = openWindow(patient)
    const project = await newProject(before.client, path)
    before.close()
    const after = openWindow(patient)
    expect(await after.client['project.open']({ path, mode: 'write' })).toEqual({ project })
    await after.client['project.close']({ project })
    expect(await isFree(path)).toBe(true)
    expect(await codeOf(after.client['project.describe']({ project }))).toBe('record.missing')
  })

  it('is written by one window at a time; the next one may once that is closed or gone', async () => {
    const path = join(folder, 'one.obalex')
    const [first, second] = [openWindow(patient), openWindow(patient)]
    const project = await newProject(first.client, path)
    const error = await errorOf(second.client['project.open']({ path, mode: 'write' }))
    expect(error).toMatchObject({ code: 'project.locked', data: { path, isWindow: true } })
    expect(Math.abs(Date.now() - (error.data!['lockedAt'] as number))).toBeLessThan(60_000)
    expect(error.hint).toBeTruthy()

    await first.client['project.close']({ project })
    const next = await second.client['project.open']({ path, mode: 'write' })
    expect(await codeOf(first.client['project.open']({ path, mode: 'write' }))).toBe('project.locked')
    second.close()
    expect(await first.client['project.open']({ path, mode: 'write' })).toEqual(next)
    expect(await first.client['project.describe'](next)).toMatchObject({ isWritable: true })
    await first.client['project.close'](next)
    expect(await isFree(path)).toBe(true)
  })

  it('stays open for the window that writes it, whoever was refused', async () => {
    const path = join(folder, 'refused.obalex')
    const [first, second] = [openWindow(), openWindow()]
    const project = await newProject(first.client, path)
    for (let n = 0; n < 3; n++) {
      expect(await codeOf(second.client['project.open']({ path, mode: 'write' }))).toBe('project.locked')
    }
    second.close()
    expect(await first.client['project.describe']({ project })).toMatchObject({ isWritable: true })
    await first.client['project.close']({ project })
    expect(await isFree(path)).toBe(true)
  })

  it('may be opened twice by the window that writes it, and is open until both are closed', async () => {
    const path = join(folder, 'twice.obalex')
    const { client } = openWindow()
    const project = await newProject(client, path)
    expect(await client['project.open']({ path, mode: 'write' })).toEqual({ project })
    await client['project.close']({ project })
    expect(await client['project.describe']({ project })).toMatchObject({ isWritable: true })
    await client['project.close']({ project })
    expect(await isFree(path)).toBe(true)
  })

  it('stays open for reading as long as another window reads it', async () => {
    const path = join(folder, 'two.obalex')
    const [first, second] = [openWindow(), openWindow()]
    await first.client['project.close']({ project: await newProject(first.client, path) })
    const reader = await first.client['project.open']({ path, mode: 'read' })
    expect(await second.client['project.open']({ path, mode: 'read' })).toEqual(reader)
    first.close()
    const third = openWindow()
    const throwaway = await newProject(third.client, join(folder, 'throwaway.obalex'))
    third.close()
    // the first window's time has run out when that of the third one has
    await vi.waitFor(async () => expect(await isFree(join(folder, 'throwaway.obalex'))).toBe(true))
    expect(throwaway).not.toBe(reader.project)
    expect(await second.client['project.describe'](reader)).toMatchObject({ isWritable: false })
  })

  it('is nothing to a window that did not open it, but for its pictures', async () => {
    const [first, second] = [openWindow(), openWindow()]
    const project = await newProject(first.client, join(folder, 'foreign.obalex'))
    expect(await codeOf(second.client['project.describe']({ project }))).toBe('record.missing')
    expect(await codeOf(second.client['images.list']({ project }))).toBe('record.missing')
    const picture = await errorOf(second.client['image.thumbnail']({ project, image: 1, side: 64 }))
    expect(picture.message).toContain('no image 1')
  })

  it('is closed by nobody else, nor twice', async () => {
    const [first, second] = [openWindow(), openWindow()]
    const project = await newProject(first.client, join(folder, 'own.obalex'))
    expect(await codeOf(second.client['project.close']({ project }))).toBe('record.missing')
    await first.client['project.close']({ project })
    expect(await codeOf(first.client['project.close']({ project }))).toBe('record.missing')
  })

  it.each(['read', 'write'] as const)(
    'is opened once to %s, however often it is asked for at the same time, also while it is being closed',
    async (mode) => {
      const path = join(folder, `crowd-${mode}.obalex`)
      const writer = openWindow()
      await writer.client['project.close']({ project: await newProject(writer.client, path) })
      const windows = Array.from({ length: 5 }, () => (mode === 'read' ? openWindow() : writer))
      for (let round = 0; round < 3; round++) {
        const opened = await Promise.all(windows.map(({ client }) => client['project.open']({ path, mode })))
        expect(new Set(opened.map(({ project }) => project)).size).toBe(1)
        const [last, ...others] = windows
        for (const { client } of others) await client['project.close'](opened[0]!)
        const closing = last!.client['project.close'](opened[0]!)
        const reopened = await others[0]!.client['project.open']({ path, mode })
        await closing
        expect(await others[0]!.client['project.describe'](reopened)).toMatchObject({ isWritable: mode === 'write' })
        await others[0]!.client['project.close'](reopened)
      }
      expect(await isFree(path)).toBe(true)
    },
  )

  it('has one writer, also where many windows ask at the same time', async () => {
    const path = join(folder, 'race.obalex')
    const windows = Array.from({ length: 5 }, () => openWindow())
    await windows[0]!.client['project.close']({ project: await newProject(windows[0]!.client, path) })
    const outcomes = await Promise.allSettled(
      windows.map(({ client }) => client['project.open']({ path, mode: 'write' })),
    )
    const won = outcomes.findIndex(({ status }) => status === 'fulfilled')
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    windows[won]!.close()
    const other = windows[(won + 1) % windows.length]!
    expect(await other.client['project.open']({ path, mode: 'write' })).toBeTruthy()
  })

  it('is another one for reading', async () => {
    const path = join(folder, 'modes.obalex')
    const { client } = openWindow()
    const writable = await newProject(client, path)
    const { project } = await client['project.open']({ path, mode: 'read' })
    expect(project).not.toBe(writable)
    expect(await client['project.describe']({ project })).toMatchObject({ isWritable: false })
  })

  it('stays open while work goes on in it', async () => {
    const left: number[] = []
    let isBusy = true
    const [near, far] = createMemoryLinks()
    const leave = (project: number): Promise<void> => Promise.resolve(void left.push(project))
    const asked = vi.fn(() => isBusy)
    const sessions = new Sessions({ leave, isBusy: asked, graceMs: 1, now: Date.now, log: () => undefined })
    const open = vi.fn((_: { readonly path: string }) => Promise.resolve({ project: 7 }))
    const handlers = { 'project.create': open, 'project.open': open, 'project.close': () => Promise.resolve({}) }
    const wrapped = sessions.handlersFor(far, handlers)
    await wrapped['project.open']({ path: 'x' })
    near.close()
    await vi.waitFor(() => expect(asked.mock.calls.length).toBeGreaterThan(2))
    expect(left).toEqual([])
    isBusy = false
    await vi.waitFor(() => expect(left).toEqual([7]))
  })
})
