import { defineStore } from 'pinia'
import { ref } from 'vue'
import type { Review, ReviewedImage, Verdict } from '#common/contract/procedures/reviewing.ts'
import { text } from '../messages/i18n.ts'
import { useCanvasView } from './canvas-view.ts'
import { useConnection } from './connection.ts'
import { useImageReader } from './image-reader.ts'
import { useProject } from './project.ts'
import { useSettings } from './settings.ts'
import type { VerdictDraft } from './verdict-draft.ts'

type Saying = VerdictDraft & { readonly verdict: Verdict }

/** Saves verdicts. While the engine is off they wait for it, behind the strokes of their images. */
export const useVerdictSaving = defineStore('verdict-saving', () => {
  const connection = useConnection()
  const project = useProject()
  const canvas = useCanvasView()
  const reader = useImageReader()
  const settings = useSettings()
  /** that are not on the disk yet */
  const nSaving = ref(0)

  /**
   * Saves a verdict on an image as it was read.
   * @returns whether the image's masks got a revision by it
   * @throws Error where a stroke of the image could not be saved; AppError as `review.save`
   */
  async function save(image: ReviewedImage, { verdict, reasons, comment }: Saying): Promise<boolean> {
    const review = { verdict, reasons: [...reasons], comment, auditor: settings.auditorOrDefault }
    let wasAsked = false
    nSaving.value++
    try {
      // the review seals the strokes that are in the journal by then
      await canvas.controls?.settled(image.id)
      if (canvas.history.isPaused) throw new Error(text('review.strokesFirst'))
      return await project.persist(async (handle) => {
        const saved = wasAsked ? await savedMeanwhile(image, review) : null
        if (saved !== null) return isCorrectedSince(image, saved)
        wasAsked = true
        const request = { project: handle, image: image.id, ...review }
        return (await connection.client['review.save'](request)).revisions.length > 0
      })
    } finally {
      nSaving.value--
    }
  }

  /** The image, where the engine had saved the review before its answer was lost; null where it had not. */
  async function savedMeanwhile(before: ReviewedImage, review: Omit<Review, 'at'>): Promise<ReviewedImage | null> {
    const now = await reader.readNow(before.id)
    if (now.review === null || now.review.at === before.review?.at) return null
    const { verdict, reasons, comment, auditor } = now.review
    const isSame =
      verdict === review.verdict &&
      reasons.join() === review.reasons.join() &&
      comment === review.comment &&
      auditor === review.auditor
    return isSame ? now : null
  }

  return { nSaving, save }
})

function isCorrectedSince(before: ReviewedImage, now: ReviewedImage): boolean {
  return now.instances.some(({ id, revision }) => revision !== before.instances.find((one) => one.id === id)?.revision)
}
