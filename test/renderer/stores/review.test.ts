import { nextTick } from 'vue'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { AppError } from '#common/contract/errors.ts'
import { useImageReader } from '../../../renderer/stores/image-reader.ts'
import { useImages } from '../../../renderer/stores/images.ts'
import { useProject } from '../../../renderer/stores/project.ts'
import { useReview } from '../../../renderer/stores/review.ts'
import { useToasts } from '../../../renderer/stores/toasts.ts'
import { lost, makeWindow, reviewedImage, type FakeEngine } from './fake-window.ts'

afterEach(() => vi.unstubAllGlobals())

async function openFirst(handlers: FakeEngine['handlers'] = {}): Promise<FakeEngine> {
  const engine = makeWindow(handlers)
  useReview()
  await useProject().open('/p/pets.obalex')
  await vi.waitFor(() => expect(useImages().rows).toHaveLength(3))
  await useReview().open(1)
  return engine
}

const savedReview = { review: 1, revisions: [], scores: [] }
const saves = ({ calls }: FakeEngine): unknown[] => calls.filter(({ name }) => name === 'review.save')

describe('saving a verdict', () => {
  it('shows it at once and goes on to the next image without one', async () => {
    const engine = await openFirst({ 'review.save': () => savedReview })
    const review = useReview()
    useImages().patch(2, { verdict: 'accept' })
    review.setVerdict('reject')
    review.toggleReason('hole')
    review.setComment('ear')
    await review.save()
    expect(review.imageId).toBe(3)
    expect(useImages().row(1)?.verdict).toBe('reject')
    expect(saves(engine)).toMatchObject([{ input: { image: 1, verdict: 'reject', reasons: ['hole'], comment: 'ear' } }])
  })

  it('is refused without a reason, and asks for one', async () => {
    const engine = await openFirst()
    const review = useReview()
    review.setVerdict('minor')
    await review.save()
    expect(review.problem).toBe('reason')
    expect(review.nReasonRequests).toBe(1)
    expect(review.imageId).toBe(1)
    expect(saves(engine)).toEqual([])
  })

  it('takes it back where the engine could not save it, and keeps what was written', async () => {
    const failing = (): never => {
      throw new AppError('file.unwritable', 'the disk is full')
    }
    await openFirst({ 'review.save': failing })
    const review = useReview()
    review.setVerdict('accept')
    review.setComment('sharp')
    await review.save()
    expect(useImages().row(1)?.verdict).toBeNull()
    expect(useToasts().shown).toMatchObject([{ kind: 'error' }])
    await review.open(1)
    expect(review.draft).toMatchObject({ verdict: 'accept', comment: 'sharp' })
  })

  it('marks an image as corrected where its masks got a revision', async () => {
    await openFirst({ 'review.save': () => ({ ...savedReview, revisions: [{ instance: 10, number: 1 }] }) })
    useReview().setVerdict('accept')
    await useReview().save()
    expect(useImages().row(1)?.isCorrected).toBe(true)
  })

  it('stays where every image has a verdict', async () => {
    await openFirst({ 'review.save': () => savedReview })
    for (const id of [2, 3]) useImages().patch(id, { verdict: 'accept' })
    useReview().setVerdict('accept')
    await useReview().save()
    expect(useReview().imageId).toBe(1)
  })
})

describe('going through the images', () => {
  it('keeps a draft that was begun', async () => {
    await openFirst()
    const review = useReview()
    review.setVerdict('reject')
    await review.open(2)
    expect(review.draft.verdict).toBeNull()
    await review.open(1)
    expect(review.draft.verdict).toBe('reject')
  })

  it('shows the image that was asked for last, whichever answer comes first', async () => {
    const engine = await openFirst()
    const read = engine.handlers['image.read']!
    let answerFirst: () => void = () => undefined
    engine.handlers['image.read'] = async (input) => {
      if (input.image === 2) await new Promise<void>((resolve) => (answerFirst = resolve))
      return read(input)
    }
    const review = useReview()
    useProject().nReopened++ // nothing waits: no more than a signal
    await nextTick()
    const slow = review.open(2)
    await review.open(3)
    answerFirst()
    await slow
    expect(review.image?.id).toBe(3)
  })

  it('goes to images without a verdict around the end', async () => {
    await openFirst()
    const review = useReview()
    await review.open(3)
    useImages().patch(1, { verdict: 'accept' })
    expect(review.moveToDo(1)).toBe(true)
    expect(review.imageId).toBe(2)
    expect(review.moveToDo(-1)).toBe(true)
    expect(review.imageId).toBe(3)
  })
})

describe('an image whose photo is not there', () => {
  const missing = ({ image }: { readonly image: number }) => ({ ...reviewedImage(image), photo: 'missing' as const })

  it('can be judged only as one that cannot be judged, and is not painted on', async () => {
    const engine = await openFirst({ 'image.read': missing, 'review.save': () => savedReview })
    const review = useReview()
    review.setVerdict('accept')
    expect(review.draft.verdict).toBeNull()
    expect([review.canPaint, review.canSay('reject'), review.canSay('cannot judge')]).toEqual([false, false, true])
    expect(review.whyNotPainted).toContain('photo')
    review.setVerdict('cannot judge')
    await review.save()
    expect(saves(engine)).toMatchObject([{ input: { image: 1, verdict: 'cannot judge' } }])
  })

  it('is noticed when it goes while it is on screen, and keeps the draft', async () => {
    const engine = await openFirst()
    const review = useReview()
    review.setVerdict('reject')
    engine.handlers['image.read'] = missing
    review.checkPhoto()
    review.checkPhoto()
    await vi.waitFor(() => expect(review.image?.photo).toBe('missing'))
    expect(review.draft.verdict).toBe('reject')
    // what is begun with it cannot be saved now
    await review.save()
    expect(saves(engine)).toEqual([])
  })
})

describe('reading an image again', () => {
  it('leaves the canvas alone where nothing is another', async () => {
    await openFirst()
    const review = useReview()
    const before = review.image
    await review.refresh()
    expect(review.image).toBe(before)
  })

  it('shows what another window saved, and keeps what was begun here', async () => {
    const engine = await openFirst()
    const review = useReview()
    review.setComment('ear')
    const theirs = { verdict: 'accept', reasons: [], comment: '', auditor: 'Bo', at: 5 } as const
    engine.handlers['image.read'] = ({ image }) => ({ ...reviewedImage(image), review: { ...theirs, reasons: [] } })
    await review.refresh()
    expect(review.image?.review).toMatchObject(theirs)
    expect(review.draft).toMatchObject({ comment: 'ear', verdict: null })
  })

  it('waits for an engine that is off, and says after a while that it is on its way', async () => {
    const engine = await openFirst()
    const review = useReview()
    useImageReader().clear() // it was read ahead
    engine.handlers['image.read'] = lost
    vi.useFakeTimers()
    try {
      const opening = review.open(3)
      await vi.advanceTimersByTimeAsync(100)
      engine.setState('down')
      expect([review.isSlow, review.loadError]).toEqual([false, null])
      await vi.advanceTimersByTimeAsync(100)
      expect(review.isSlow).toBe(true)
      engine.handlers['image.read'] = ({ image }) => reviewedImage(image)
      engine.setState('up')
      await opening
      await vi.advanceTimersByTimeAsync(0)
      expect([review.isSlow, review.image?.id]).toEqual([false, 3])
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('opening a project that another program writes to', () => {
  it('opens it for reading', async () => {
    const modes: string[] = []
    makeWindow({
      'project.open': ({ mode }) => {
        modes.push(mode)
        if (mode === 'write') throw new AppError('project.locked', 'open elsewhere')
        return { project: 1 }
      },
    })
    await useProject().open('/p/pets.obalex')
    expect(modes).toEqual(['write', 'read'])
  })
})
