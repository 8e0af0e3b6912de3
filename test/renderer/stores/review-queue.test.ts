import { afterEach, describe, expect, it, vi } from 'vitest'
import { AppError } from '#common/contract/errors.ts'
import { useFlags } from '../../../renderer/stores/flags.ts'
import { useImages } from '../../../renderer/stores/images.ts'
import { useProject } from '../../../renderer/stores/project.ts'
import { useReviewQueue } from '../../../renderer/stores/review-queue.ts'
import { useReview } from '../../../renderer/stores/review.ts'
import { useShell } from '../../../renderer/stores/shell.ts'
import { useToasts } from '../../../renderer/stores/toasts.ts'
import { makeWindow, type FakeEngine } from './fake-window.ts'

afterEach(() => vi.unstubAllGlobals())

async function openProject(handlers: FakeEngine['handlers'] = {}): Promise<FakeEngine> {
  const engine = makeWindow(handlers)
  useReview()
  await useProject().open('/p/pets.obalex')
  await vi.waitFor(() => expect(useImages().rows).toHaveLength(3))
  return engine
}

const shown = (): number[] => useReview().queue.map(({ id }) => id)

describe('the queue', () => {
  it('shows what is to do, and keeps the image on screen until another one is opened', async () => {
    await openProject()
    const [queue, review, images] = [useReviewQueue(), useReview(), useImages()]
    await review.open(2)
    queue.scope = 'todo'
    images.patch(2, { verdict: 'accept' })
    expect(shown()).toEqual([1, 2, 3])
    await review.open(3)
    expect(shown()).toEqual([1, 3])
  })

  it('goes through what the filters let through', async () => {
    await openProject()
    const [queue, review, images] = [useReviewQueue(), useReview(), useImages()]
    images.patch(1, { auditor: 'Ada' })
    images.patch(3, { auditor: 'Ada' })
    queue.change({ auditor: 'Ada' })
    expect(queue.nFilters).toBe(1)
    await review.open(1)
    review.move(1)
    expect(review.imageId).toBe(3)
    review.move(1)
    expect(review.imageId).toBe(3)
    review.move(-1)
    expect(review.imageId).toBe(1)
    expect(review.moveToDo(-1)).toBe(true)
    expect(review.imageId).toBe(3)
    queue.clear()
    expect(shown()).toEqual([1, 2, 3])
    expect(queue.nFilters).toBe(0)
  })

  it('goes on from an image that the filters do not let through', async () => {
    await openProject()
    const [queue, review, images] = [useReviewQueue(), useReview(), useImages()]
    await review.open(2)
    images.patch(1, { auditor: 'Ada' })
    images.patch(3, { auditor: 'Ada' })
    queue.change({ auditor: 'Ada' })
    review.move(-1)
    expect(review.imageId).toBe(1)
  })

  it('opens the first to-do by itself, and says where there is none', async () => {
    await openProject()
    const [review, images] = [useReview(), useImages()]
    images.patch(1, { verdict: 'accept' })
    expect(review.openFirstToDo()).toBe(true)
    expect(review.imageId).toBe(2)
    for (const id of [2, 3]) images.patch(id, { verdict: 'reject' })
    expect(review.areAllReviewed).toBe(true)
    expect(review.openFirstToDo()).toBe(false)
  })
})

describe('flags', () => {
  it('are shown at once and written with who put them', async () => {
    const engine = await openProject({ 'image.flag': () => ({}) })
    await useFlags().toggle(2)
    expect(useImages().row(2)?.isFlagged).toBe(true)
    expect(useShell().announcement).toBe('2.jpg is flagged.')
    await useFlags().toggle(2)
    expect(useImages().row(2)?.isFlagged).toBe(false)
    const calls = engine.calls.filter(({ name }) => name === 'image.flag')
    expect(calls).toMatchObject([
      { input: { image: 2, isFlagged: true, auditor: 'auditor' } },
      { input: { image: 2, isFlagged: false } },
    ])
  })

  it('are taken back where they were not saved', async () => {
    await openProject({
      'image.flag': () => {
        throw new AppError('file.unwritable', 'the disk is full')
      },
    })
    await useFlags().toggle(2)
    expect(useImages().row(2)?.isFlagged).toBe(false)
    expect(useToasts().shown).toMatchObject([{ kind: 'error' }])
  })

  it('are listed alone', async () => {
    await openProject({ 'image.flag': () => ({}) })
    await useReview().open(1)
    await useFlags().toggle(3)
    useReviewQueue().scope = 'flagged'
    await useReview().open(3)
    expect(shown()).toEqual([3])
  })
})
