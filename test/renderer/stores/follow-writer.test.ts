import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { AppError } from '#common/contract/errors.ts'
import { followWriter } from '../../../renderer/stores/follow-writer.ts'
import { useImages } from '../../../renderer/stores/images.ts'
import { useProject } from '../../../renderer/stores/project.ts'
import { useReview } from '../../../renderer/stores/review.ts'
import { makeWindow, reviewedImage, type FakeEngine } from './fake-window.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const asked = ({ calls }: FakeEngine, name: string): number => calls.filter((call) => call.name === name).length

/** A window with its first image open; `focus` is a person who comes back to it. */
async function open(mode: 'read' | 'write'): Promise<{ engine: FakeEngine; focus: () => void }> {
  const engine = makeWindow({
    'project.open': ({ mode: wanted }) => {
      if (wanted === 'write' && mode === 'read') throw new AppError('project.locked', 'elsewhere')
      return { project: 1 }
    },
  })
  let focus: () => void = () => undefined
  const take = (type: string, listener: () => void): void => {
    if (type === 'focus') focus = listener
  }
  vi.stubGlobal('window', { addEventListener: take })
  engine.setWritable(mode === 'write')
  followWriter()
  await useProject().open('/p/pets.obalex')
  await vi.advanceTimersByTimeAsync(0)
  await useReview().open(1)
  await vi.advanceTimersByTimeAsync(200) // those beside it are read ahead by then
  return { engine, focus: () => focus() }
}

describe('a window that only reads', () => {
  it('asks every few seconds, and reads images again once the log has grown', async () => {
    const { engine } = await open('read')
    const before = [asked(engine, 'images.list'), asked(engine, 'project.describe')] as const
    await vi.advanceTimersByTimeAsync(6500)
    expect(asked(engine, 'project.describe')).toBe(before[1] + 2)
    expect(asked(engine, 'images.list')).toBe(before[0])
    engine.setLog(2)
    await vi.advanceTimersByTimeAsync(3000)
    expect(asked(engine, 'images.list')).toBe(before[0] + 1)
  })

  it('reads the image again when a person comes back: strokes leave no entry in the log', async () => {
    const { engine, focus } = await open('read')
    const step = { id: 4, kind: 'paint', tiles: new Uint8Array(516), added: 1, removed: 0 } as const
    engine.handlers['image.read'] = ({ image }) => reviewedImage(image, [step])
    focus()
    await vi.advanceTimersByTimeAsync(0)
    expect(useReview().image?.instances[0]?.journal).toHaveLength(1)
  })

  it('asks nothing while the engine is off, nor while the window is hidden', async () => {
    const { engine } = await open('read')
    engine.setState('down')
    const before = engine.calls.length
    await vi.advanceTimersByTimeAsync(9000)
    expect(engine.calls).toHaveLength(before)
    engine.setState('up')
    await vi.advanceTimersByTimeAsync(100)
    vi.stubGlobal('document', { documentElement: { dataset: {} }, hidden: true })
    const later = engine.calls.length
    await vi.advanceTimersByTimeAsync(9000)
    expect(engine.calls).toHaveLength(later)
  })
})

describe('a window that writes', () => {
  it('does not ask by itself, and looks for the photo when a person comes back', async () => {
    const { engine, focus } = await open('write')
    const before = engine.calls.length
    await vi.advanceTimersByTimeAsync(9000)
    expect(engine.calls).toHaveLength(before)
    expect(useImages().rows).toHaveLength(3)
    engine.handlers['image.read'] = ({ image }) => ({ ...reviewedImage(image), photo: 'missing' })
    focus()
    await vi.advanceTimersByTimeAsync(0)
    expect(useReview().image?.photo).toBe('missing')
  })
})
