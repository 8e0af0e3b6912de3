import { nextTick } from 'vue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { useCanvasView } from '../../../renderer/stores/canvas-view.ts'
import { useComebacks } from '../../../renderer/stores/comebacks.ts'
import { useProject } from '../../../renderer/stores/project.ts'
import { makeWindow, type FakeEngine } from './fake-window.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const history = (nUnsaved: number) => ({ canUndo: true, canRedo: false, nStrokes: 3, nUnsaved, isPaused: false })

async function open(): Promise<FakeEngine> {
  const engine = makeWindow()
  await useProject().open('/p/pets.obalex')
  useComebacks()
  return engine
}

describe('an engine that is off', () => {
  it('is told of after two seconds, not before', async () => {
    const engine = await open()
    engine.setState('down')
    await vi.advanceTimersByTimeAsync(1900)
    expect(useComebacks().isOff).toBe(false)
    await vi.advanceTimersByTimeAsync(200)
    expect(useComebacks().isOff).toBe(true)
    engine.setState('up')
    await nextTick()
    expect(useComebacks().isOff).toBe(false)
  })

  it('is said to be back once what waited is saved, for ten seconds', async () => {
    const engine = await open()
    engine.setState('down')
    await nextTick()
    useCanvasView().history = history(2)
    engine.setState('up')
    await vi.advanceTimersByTimeAsync(1000)
    expect(useComebacks().comeback).toBeNull()
    useCanvasView().history = history(0)
    await nextTick()
    expect(useComebacks().comeback).toEqual({ nStrokes: 2, job: null })
    await vi.advanceTimersByTimeAsync(9000)
    expect(useComebacks().comeback).not.toBeNull()
    await vi.advanceTimersByTimeAsync(1500)
    expect(useComebacks().comeback).toBeNull()
  })

  it('counts what waited also where the engine goes again before it is back for good', async () => {
    const engine = await open()
    useCanvasView().history = history(1)
    for (const state of ['down', 'up', 'down'] as const) {
      engine.setState(state)
      await nextTick()
    }
    engine.setState('up')
    await vi.advanceTimersByTimeAsync(0)
    useCanvasView().history = history(0)
    await nextTick()
    expect(useComebacks().comeback).toMatchObject({ nStrokes: 1 })
  })

  it('is no news where it came for the first time, nor where nothing was open', async () => {
    const engine = makeWindow()
    useComebacks()
    engine.setState('down')
    await nextTick()
    engine.setState('up')
    await useProject().open('/p/pets.obalex')
    await nextTick()
    expect(useComebacks().comeback).toBeNull()
  })
})
