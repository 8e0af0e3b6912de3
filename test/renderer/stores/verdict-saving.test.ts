import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Review } from '#common/contract/procedures/reviewing.ts'
import { useCanvasView, type CanvasControls } from '../../../renderer/stores/canvas-view.ts'
import { useProject } from '../../../renderer/stores/project.ts'
import { useVerdictSaving } from '../../../renderer/stores/verdict-saving.ts'
import { lost, makeWindow, reviewedImage, type FakeEngine } from './fake-window.ts'

afterEach(() => vi.unstubAllGlobals())

const said = { verdict: 'minor', reasons: ['hole'], comment: 'ear' } as const
const saves = ({ calls }: FakeEngine): number => calls.filter(({ name }) => name === 'review.save').length

async function open(handlers: FakeEngine['handlers'] = {}): Promise<FakeEngine> {
  const engine = makeWindow(handlers)
  await useProject().open('/p/pets.obalex')
  return engine
}

/** Saves a verdict whose answer is lost with the engine, which then comes back with this review. */
async function loseAnswer(
  found: Review | null,
  revision = 0,
): Promise<{ engine: FakeEngine; saved: Promise<boolean> }> {
  const engine = await open({ 'review.save': lost })
  const saved = useVerdictSaving().save(reviewedImage(1), said)
  await vi.waitFor(() => expect(saves(engine)).toBe(1))
  engine.setState('down')
  expect(useVerdictSaving().nSaving).toBe(1)
  engine.handlers['image.read'] = ({ image }) => {
    const read = reviewedImage(image)
    return { ...read, review: found, instances: read.instances.map((instance) => ({ ...instance, revision })) }
  }
  engine.handlers['review.save'] = () => ({ review: 1, revisions: [], scores: [] })
  engine.setState('up')
  return { engine, saved }
}

describe('saving a verdict', () => {
  it('waits for the strokes of its image, and is not said to be saved before it is', async () => {
    const strokes = Promise.withResolvers<undefined>()
    const settled = vi.fn(() => strokes.promise)
    const engine = await open({
      'review.save': () => ({ review: 1, revisions: [{ instance: 10, number: 1 }], scores: [] }),
    })
    useCanvasView().controls = { settled } as unknown as CanvasControls
    const saved = useVerdictSaving().save(reviewedImage(1), said)
    expect(settled).toHaveBeenCalledWith(1)
    expect([saves(engine), useVerdictSaving().nSaving]).toEqual([0, 1])
    strokes.resolve(undefined)
    expect(await saved).toBe(true)
    expect(useVerdictSaving().nSaving).toBe(0)
  })

  it('is refused where a stroke of it could not be saved', async () => {
    const engine = await open()
    useCanvasView().history = { canUndo: true, canRedo: false, nStrokes: 1, nUnsaved: 1, isPaused: true }
    await expect(useVerdictSaving().save(reviewedImage(1), said)).rejects.toThrow('stroke')
    expect([saves(engine), useVerdictSaving().nSaving]).toEqual([0, 0])
  })

  it('is asked for again where the engine went before it was saved', async () => {
    const { engine, saved } = await loseAnswer(null)
    expect(await saved).toBe(false)
    expect(saves(engine)).toBe(2)
  })

  it('is not saved twice where only the answer was lost', async () => {
    const { engine, saved } = await loseAnswer({ ...said, reasons: ['hole'], auditor: 'auditor', at: 9 }, 1)
    expect(await saved).toBe(true)
    expect(saves(engine)).toBe(1)
  })

  it('is saved where what the engine has is another verdict', async () => {
    const { engine, saved } = await loseAnswer({ ...said, verdict: 'accept', reasons: [], auditor: 'auditor', at: 9 })
    expect(await saved).toBe(false)
    expect(saves(engine)).toBe(2)
  })
})
