import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { AppError } from '#common/contract/errors.ts'
import { useProject } from '../../../renderer/stores/project.ts'
import { writerWords } from '../../../renderer/stores/project-writer.ts'
import { useSettings } from '../../../renderer/stores/settings.ts'
import { useToasts } from '../../../renderer/stores/toasts.ts'
import { lost, makeWindow, type FakeEngine } from './fake-window.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const path = '/p/pets.obalex'
const gone = new AppError('link.closed', 'gone')
const byWindow = { data: { isWindow: true, lockedAt: 5 } }
const byProcess = { data: { pid: 7, host: 'lab', lockedAt: 5 } }

/** An engine that gives the project for writing only as long as nobody holds it. */
function makeShared(): FakeEngine & { holder: { readonly data: object } | null } {
  const shared = Object.assign(makeWindow(), { holder: null as { readonly data: object } | null })
  let handle = 0
  shared.handlers['project.open'] = ({ mode }) => {
    if (mode === 'write' && shared.holder !== null) throw new AppError('project.locked', 'held', shared.holder as never)
    shared.setWritable(mode === 'write')
    return { project: ++handle }
  }
  shared.handlers['project.close'] = () => ({})
  return shared
}

const opens = ({ calls }: FakeEngine): string[] =>
  calls.filter(({ name }) => name === 'project.open').map(({ input }) => (input as { readonly mode: string }).mode)

describe('opening a project that is written elsewhere', () => {
  it('reads it, and says who writes it', async () => {
    const engine = makeShared()
    engine.holder = byProcess
    await useProject().open(path)
    expect(opens(engine)).toEqual(['write', 'read'])
    expect(useProject().isReadOnly).toBe(true)
    expect(useProject().writer).toEqual({ by: 'process', pid: 7, host: 'lab', since: 5 })
    expect(writerWords(useProject().writer!).detail).toContain('Process 7 on lab')
  })

  it('is writable after a reload whose predecessor goes a little later', async () => {
    const engine = makeShared()
    engine.holder = byWindow
    const opening = useProject().open(path)
    await vi.advanceTimersByTimeAsync(500)
    engine.holder = null
    await vi.advanceTimersByTimeAsync(500)
    await opening
    expect(useProject().isWritable).toBe(true)
    expect(useProject().writer).toBeNull()
  })

  it('waits no longer than a second for another window', async () => {
    const engine = makeShared()
    engine.holder = byWindow
    const opening = useProject().open(path)
    await vi.advanceTimersByTimeAsync(1300)
    await opening
    expect(useProject().writer).toEqual({ by: 'window', since: 5 })
    expect(opens(engine).at(-1)).toBe('read')
  })
})

describe('taking a project over', () => {
  it('makes this window its writer without a reload, and gives the reading handle back', async () => {
    const engine = makeShared()
    engine.holder = byProcess
    await useProject().open(path)
    const reading = useProject().handle
    engine.holder = null
    expect(await useProject().takeOver()).toBe(true)
    expect(useProject()).toMatchObject({ isWritable: true, writer: null })
    expect(engine.calls.at(-1)).toEqual({ name: 'project.close', input: { project: reading } })
  })

  it('is refused while it is still written there, now by somebody else', async () => {
    const engine = makeShared()
    engine.holder = byProcess
    await useProject().open(path)
    engine.holder = byWindow
    expect(await useProject().takeOver()).toBe(false)
    expect(useProject()).toMatchObject({ isReadOnly: true, writer: { by: 'window', since: 5 } })
  })
})

describe('an engine that comes back', () => {
  it('is asked again for what it did not answer', async () => {
    const engine = makeShared()
    await useProject().open(path)
    const asked: number[] = []
    const answer = useProject().persist((handle) => {
      asked.push(handle)
      return asked.length === 1 ? Promise.reject(gone) : Promise.resolve('kept')
    })
    await vi.advanceTimersByTimeAsync(0)
    engine.setState('down')
    await vi.advanceTimersByTimeAsync(5000)
    expect(asked).toEqual([1])
    engine.setState('up')
    expect(await answer).toBe('kept')
    expect(asked).toEqual([1, 2])
    expect(useProject().nReopened).toBe(1)
  })

  it('keeps the project where the link is lost once more, and its place for the next start', async () => {
    const engine = makeShared()
    await useProject().open(path)
    const open = engine.handlers['project.open']!
    engine.setState('down')
    engine.handlers['project.open'] = lost
    engine.setState('up')
    await vi.advanceTimersByTimeAsync(0)
    expect(useProject().path).toBe(path)
    expect(useToasts().shown).toEqual([])
    engine.setState('down')
    engine.handlers['project.open'] = open
    engine.setState('up')
    await vi.advanceTimersByTimeAsync(0)
    expect(useProject()).toMatchObject({ isReady: true, isWritable: true })
    expect(useSettings().settings.lastProject).toBe(path)
  })

  it('finds the project read only where another window took it meanwhile', async () => {
    const engine = makeShared()
    await useProject().open(path)
    const waiting = useProject().persist(() => Promise.reject(gone))
    const refused = expect(waiting).rejects.toMatchObject({ code: 'project.read-only' })
    await vi.advanceTimersByTimeAsync(0)
    engine.setState('down')
    engine.holder = byWindow
    engine.setState('up')
    await vi.advanceTimersByTimeAsync(1300)
    await refused
    expect(useProject()).toMatchObject({ isReadOnly: true, writer: { by: 'window' } })
  })

  it('gets nothing that was meant for a project which was closed meanwhile', async () => {
    const engine = makeShared()
    await useProject().open(path)
    const waiting = useProject().persist(() => Promise.reject(gone))
    const refused = expect(waiting).rejects.toMatchObject({ code: 'record.missing' })
    await vi.advanceTimersByTimeAsync(0)
    engine.setState('down')
    await useProject().close()
    await refused
  })
})
