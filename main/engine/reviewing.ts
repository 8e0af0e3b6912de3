import type { EngineHandlers } from '#common/contract/index.ts'
import type { ImageId, InstanceMaskId } from '#common/contract/ids.ts'
import type { PhotoFiles } from './photo-files.ts'
import { chooseByHand } from './object-choosing.ts'
import { flagImage } from './review/flag-image.ts'
import { listImageRows } from './review/list-images.ts'
import type { MatchingCache } from './review/matchings.ts'
import { readReviewedImage } from './review/read-image.ts'
import { saveReview } from './review/save-review.ts'
import { StrokeJournals } from './review/stroke-journals.ts'
import type { Services } from './services.ts'

type ReviewProcedures = Pick<
  EngineHandlers,
  'images.list' | 'image.read' | 'mask.paint' | 'mask.step' | 'image.flag' | 'image.object' | 'review.save'
>

/** Reviewing: images with their masks and scores, the stroke journals of masks, verdicts. */
export function reviewHandlers(
  { projects, now }: Pick<Services, 'projects' | 'now'>,
  photos: PhotoFiles,
  matchings: MatchingCache,
): ReviewProcedures {
  const journals = new StrokeJournals(now)
  return {
    'images.list': async ({ project, ...page }) => listImageRows(projects.get(project), matchings, page),

    'image.read': async ({ project, image, classes }) =>
      readReviewedImage(projects.get(project), image as ImageId, { photos, matchings, classes }),

    'mask.paint': async ({ project, image, instance, ...stroke }) => ({
      step: await journals.paint(projects.get(project), { ...placeOf(image, instance), ...stroke }),
    }),

    'mask.step': async ({ project, image, instance, ...step }) => ({
      step: await journals.step(projects.get(project), { ...placeOf(image, instance), ...step }),
    }),

    'image.flag': async ({ project, image, isFlagged, auditor }) => {
      await flagImage(projects.get(project), { imageId: image as ImageId, isSet: isFlagged, auditor }, now)
      return {}
    },

    'image.object': async ({ project, image, leftOut, auditor }) => {
      const choice = { imageId: image as ImageId, leftOut: leftOut as InstanceMaskId[] | null, auditor }
      await chooseByHand(projects.get(project), choice, now)
      return {}
    },

    'review.save': async ({ project, image, ...review }) => {
      const saving = { project: projects.get(project), journals, now }
      const saved = await saveReview(saving, { imageId: image as ImageId, ...review })
      return {
        review: saved.review.id,
        revisions: saved.revisions.map(({ instanceMaskId, number }) => ({ instance: instanceMaskId, number })),
        scores: saved.scores.map(({ explanation, maskVariant, score }) => ({ map: explanation, maskVariant, score })),
      }
    },
  }
}

function placeOf(image: number, instance: number): { readonly image: ImageId; readonly instance: InstanceMaskId } {
  return { image: image as ImageId, instance: instance as InstanceMaskId }
}
