import { afterEach, describe, expect, it, vi } from 'vitest'
import { AppError } from '#common/contract/errors.ts'
import type { JournalStep } from '#common/contract/procedures/reviewing.ts'
import { useCanvasView, type CanvasControls } from '../../../renderer/stores/canvas-view.ts'
import { useProject } from '../../../renderer/stores/project.ts'
import { useStrokeJournal } from '../../../renderer/stores/stroke-journal.ts'
import { makeWindow, reviewedImage, type FakeEngine } from './fake-window.ts'

afterEach(() => vi.unstubAllGlobals())

const stroke = { instance: 10, tool: 'brush', tiles: new Uint8Array(516) }
const step = (id: number): JournalStep => ({ id, kind: 'paint', tiles: stroke.tiles, added: 1, removed: 0 })

/** A window whose canvas waits with a stroke of which the answer was lost. */
async function losingAnswer(): Promise<{ engine: FakeEngine; did: string[] }> {
  const engine = makeWindow({
    'mask.paint': () => {
      throw new AppError('link.closed', 'gone')
    },
  })
  await useProject().open('/p/pets.obalex')
  const did: string[] = []
  const canvas = useCanvasView()
  canvas.controls = {
    retry: () => did.push('retry'),
    dropUnsaved: () => did.push('drop'),
    settled: () => Promise.resolve(),
  } as unknown as CanvasControls
  useStrokeJournal().know(reviewedImage(1, [step(4)]))
  await expect(useStrokeJournal().paint(stroke)).rejects.toThrow('gone')
  canvas.history = { canUndo: true, canRedo: false, nStrokes: 2, nUnsaved: 1, isPaused: true }
  return { engine, did }
}

describe('the stroke journal', () => {
  it('names the image that an instance belongs to, also after the window went on', async () => {
    const engine = makeWindow({ 'mask.paint': () => ({ step: 1 }) })
    await useProject().open('/p/pets.obalex')
    const journal = useStrokeJournal()
    journal.know(reviewedImage(1))
    journal.know(reviewedImage(2))
    await journal.paint(stroke)
    expect(engine.calls.at(-1)).toMatchObject({ name: 'mask.paint', input: { image: 1, instance: 10, tool: 'brush' } })
  })

  it('sends a stroke again that did not get in before the link was lost', async () => {
    const { engine, did } = await losingAnswer()
    engine.handlers['image.read'] = () => reviewedImage(1, [step(4)])
    await useStrokeJournal().takeUp()
    expect(did).toEqual(['retry'])
    expect(useStrokeJournal().nDropped).toBe(0)
  })

  it('does not send a stroke twice that is in the journal already: it would take itself back', async () => {
    const { engine, did } = await losingAnswer()
    engine.handlers['image.read'] = () => reviewedImage(1, [step(4), step(5)])
    await useStrokeJournal().takeUp()
    expect(did).toEqual(['drop'])
    expect(useStrokeJournal().nDropped).toBe(1)
  })

  it('leaves alone what a person has to decide: nothing waits', async () => {
    const { did } = await losingAnswer()
    useCanvasView().history = { ...useCanvasView().history, isPaused: false }
    await useStrokeJournal().takeUp()
    expect(did).toEqual([])
  })
})
