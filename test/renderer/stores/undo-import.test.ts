import { afterEach, describe, expect, it, vi } from 'vitest'
import { AppError } from '#common/contract/errors.ts'
import type { ImportFacts, UndoReport } from '#common/contract/procedures/importing.ts'
import { useImages } from '../../../renderer/stores/images.ts'
import { useJobs } from '../../../renderer/stores/jobs.ts'
import { useProject } from '../../../renderer/stores/project.ts'
import { useReview } from '../../../renderer/stores/review.ts'
import { useToasts } from '../../../renderer/stores/toasts.ts'
import { useUndoImport } from '../../../renderer/stores/undo-import.ts'
import { makeWindow, type FakeEngine } from './fake-window.ts'

afterEach(() => vi.unstubAllGlobals())

function facts(entry: number, state: ImportFacts['state'] = 'in-force'): ImportFacts {
  const counts = { nImages: 3, nInstances: 3, nCorrections: 0 }
  const from = { actor: 'user', format: 'coco', folder: '/photos', source: '/coco.json' }
  return { entry, at: 0, ...from, ...counts, state, undoneBy: null }
}

function reportOf(entry: number, changes: Partial<UndoReport> = {}): UndoReport {
  const gone = { images: 2, instances: 1, corrections: 0, predictions: 0, maps: 0, scores: 0 }
  return { isDryRun: true, import: facts(entry), gone, nRestored: 0, obstacles: [], ...changes }
}

async function open(handlers: FakeEngine['handlers']): Promise<FakeEngine> {
  const engine = makeWindow(handlers)
  useReview()
  await useProject().open('/p/pets.obalex')
  await vi.waitFor(() => expect(useImages().rows).toHaveLength(3))
  return engine
}

describe('the import that is to be undone', () => {
  it('is the newest that can be, until another one is chosen', async () => {
    const asked: (number | null)[] = []
    await open({
      'imports.list': () => ({
        imports: [facts(9, 'empty'), facts(8, 'undone'), facts(7), facts(5), facts(2, 'unrecorded')],
      }),
      'dataset.import.undo': ({ entry, dryRun }) => {
        expect(dryRun).toBe(true)
        asked.push(entry!)
        return reportOf(entry!)
      },
    })
    const undo = useUndoImport()
    await undo.load()
    expect(undo.inForce.map(({ entry }) => entry)).toEqual([7, 5])
    expect(undo).toMatchObject({ chosen: 7, nUnrecorded: 1, report: { import: { entry: 7 } } })
    await undo.choose(5)
    expect(undo.report?.import.entry).toBe(5)
    expect(asked).toEqual([7, 5])
  })

  it('is none where there is none, or they cannot be read', async () => {
    const engine = await open({ 'imports.list': () => ({ imports: [facts(2, 'unrecorded')] }) })
    const undo = useUndoImport()
    await undo.load()
    expect(undo).toMatchObject({ chosen: null, report: null, nUnrecorded: 1, problem: '' })
    engine.handlers['imports.list'] = () => {
      throw new AppError('project.corrupt', 'the log is damaged', { hint: 'Take a backup.' })
    }
    await undo.load()
    expect(undo).toMatchObject({ imports: null, problem: 'The log is damaged. Take a backup.' })
  })
})

describe('an undo', () => {
  it('reads everything again, tells what went, and shows no image that is gone', async () => {
    const engine = await open({ 'dataset.import.undo': () => reportOf(7, { isDryRun: false }) })
    const [images, review] = [useImages(), useReview()]
    await review.open(3)
    const [first] = images.rows
    engine.handlers['images.list'] = () => ({ images: [first!], total: 1, next: null })
    await useJobs().undoImport(7)
    expect(images.rows).toHaveLength(1)
    expect(images.selectedId).toBeNull()
    expect(review).toMatchObject({ imageId: null, image: null, loadError: null })
    expect(useToasts().shown).toMatchObject([{ kind: 'done', title: 'Import undone: 2 images, 1 mask.' }])
  })

  it('reads the image on screen again where that stays', async () => {
    const engine = await open({ 'dataset.import.undo': () => reportOf(7, { isDryRun: false }) })
    await useReview().open(1)
    const nReads = (): number =>
      engine.calls.filter(({ name, input }) => name === 'image.read' && (input as { image: number }).image === 1).length
    const before = nReads()
    await useJobs().undoImport(7)
    expect(nReads()).toBe(before + 1)
    expect(useReview().imageId).toBe(1)
  })

  it('that is refused says why', async () => {
    await open({
      'dataset.import.undo': () => {
        throw new AppError('import.in-use', 'people have worked on it', { hint: 'Keep it.' })
      },
    })
    const jobs = useJobs()
    expect(await jobs.attempt('The import was not undone.', () => jobs.undoImport(7))).toBe(false)
    expect(useToasts().shown).toMatchObject([{ kind: 'error', detail: 'People have worked on it. Keep it.' }])
  })
})
