import { afterEach, describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import { AppError } from '#common/contract/errors.ts'
import type { JournalStep } from '#common/contract/procedures/reviewing.ts'
import { useCanvasView, type CanvasControls } from '../../../renderer/stores/canvas-view.ts'
import { useProject } from '../../../renderer/stores/project.ts'
import { useStrokeJournal } from '../../../renderer/stores/stroke-journal.ts'
import { useToasts } from '../../../renderer/stores/toasts.ts'
import { lost, makeWindow, reviewedImage, type FakeEngine } from './fake-window.ts'

afterEach(() => vi.unstubAllGlobals())

const stroke = { instance: 10, tool: 'brush', tiles: new Uint8Array(516) }
const step = (id: number): JournalStep => ({ id, kind: 'paint', tiles: stroke.tiles, added: 1, removed: 0 })

/** A window with an image whose journal has the step 4. */
async function open(handlers: FakeEngine['handlers'] = {}): Promise<{ engine: FakeEngine; did: string[] }> {
  const engine = makeWindow(handlers)
  await useProject().open('/p/pets.obalex')
  const did: string[] = []
  useCanvasView().controls = {
    retry: () => did.push('retry'),
    dropUnsaved: (image: number) => did.push(`drop ${image}`),
    settled: () => Promise.resolve(),
  } as unknown as CanvasControls
  useStrokeJournal().know(reviewedImage(1, [step(4)]))
  return { engine, did }
}

const paints = ({ calls }: FakeEngine) => calls.filter(({ name }) => name === 'mask.paint').map(({ input }) => input)

describe('the stroke journal', () => {
  it('names the image that an instance belongs to, also after the window went on', async () => {
    const { engine } = await open({ 'mask.paint': () => ({ step: 5 }) })
    const journal = useStrokeJournal()
    journal.know(reviewedImage(2))
    await journal.paint(stroke)
    expect(paints(engine)).toMatchObject([{ image: 1, instance: 10, tool: 'brush' }])
  })

  it('says with each step where the journal stands, as far as the engine acknowledged', async () => {
    let last = 4
    const { engine } = await open({ 'mask.paint': () => ({ step: ++last }), 'mask.step': () => ({ step: ++last }) })
    await useStrokeJournal().paint(stroke)
    await useStrokeJournal().step(10, 'undo')
    expect(engine.calls.slice(-2)).toMatchObject([
      { input: { base: { revision: 0, step: 4 } } },
      { input: { base: { revision: 0, step: 5 }, direction: 'undo' } },
    ])
  })

  it('waits while the engine is off, and sends a stroke whose answer was lost again, on the same base', async () => {
    const { engine } = await open({ 'mask.paint': lost })
    const painted = useStrokeJournal().paint(stroke)
    await vi.waitFor(() => expect(paints(engine)).toHaveLength(1))
    engine.setState('down')
    await nextTick()
    expect(useCanvasView().strokeError).toBeNull()
    engine.handlers['mask.paint'] = () => ({ step: 5 })
    engine.handlers['project.open'] = () => ({ project: 7 })
    engine.setState('up')
    await painted
    expect(paints(engine)).toMatchObject([
      { project: 1, base: { revision: 0, step: 4 } },
      { project: 7, base: { revision: 0, step: 4 } },
    ])
  })

  it('gives up what was painted on a mask that is another one by now, and says so', async () => {
    const stale = (): never => {
      throw new AppError('mask.stale', 'changed')
    }
    const { did } = await open({ 'mask.paint': stale })
    await expect(useStrokeJournal().paint(stroke)).rejects.toThrow('changed')
    expect(did).toEqual(['drop 1'])
    expect(useStrokeJournal().nDropped).toBe(1)
    expect(useToasts().shown).toMatchObject([{ kind: 'error', title: expect.stringContaining('1.jpg') as string }])
    expect(useCanvasView().strokeError).toBeNull()
  })

  it('tells a full disk, until it takes a stroke again', async () => {
    const full = (): never => {
      throw new AppError('file.unwritable', 'the disk is full', { hint: 'Free some space.' })
    }
    const { engine } = await open({ 'mask.paint': full })
    const journal = useStrokeJournal()
    await expect(journal.paint(stroke)).rejects.toThrow('full')
    expect(journal.isDiskFull).toBe(true)
    expect(useCanvasView().strokeError).toBe('The disk is full. Free some space.')
    engine.handlers['mask.paint'] = () => ({ step: 5 })
    await journal.paint(stroke)
    expect(journal.isDiskFull).toBe(false)
    expect(useCanvasView().strokeError).toBeNull()
    expect(paints(engine)).toMatchObject([{ base: { step: 4 } }, { base: { step: 4 } }])
  })

  it('refuses strokes of a project that is written elsewhere by now, and sends them once it is taken over', async () => {
    const { engine, did } = await open({ 'mask.paint': lost })
    const painted = useStrokeJournal().paint(stroke)
    engine.setState('down')
    engine.handlers['project.open'] = ({ mode }) => {
      if (mode === 'write')
        throw new AppError('project.locked', 'by another', { data: { pid: 7, host: 'here', lockedAt: 1 } })
      return { project: 8 }
    }
    engine.setWritable(false)
    engine.setState('up')
    await expect(painted).rejects.toMatchObject({ code: 'project.read-only' })
    useCanvasView().history = { canUndo: true, canRedo: false, nStrokes: 1, nUnsaved: 1, isPaused: true }
    engine.handlers['project.open'] = () => ({ project: 9 })
    engine.setWritable(true)
    expect(await useProject().takeOver()).toBe(true)
    await nextTick()
    expect(did).toEqual(['retry'])
  })

  it('knows whether an image was read as this window left it', async () => {
    await open({ 'mask.paint': () => ({ step: 5 }) })
    const journal = useStrokeJournal()
    const [before] = reviewedImage(1, [step(4)]).instances
    const [after] = reviewedImage(1, [step(4), step(5)]).instances
    expect([journal.isAt(before!), journal.isAt(after!)]).toEqual([true, false])
    await journal.paint(stroke)
    expect([journal.isAt(before!), journal.isAt(after!)]).toEqual([false, true])
    expect(journal.isAt({ ...after!, revision: 1, journal: [] })).toBe(false)
  })
})
