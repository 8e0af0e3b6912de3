import type { ImageId } from '#common/contract/ids.ts'
import type { ImageRow } from '#common/contract/procedures/reviewing.ts'
import type { Variant } from '#common/contract/procedures/common.ts'
import { listImageOverviews, type ImageOverview } from '#main/project/image-overview.ts'
import { countImages } from '#main/project/image-repository.ts'
import type { Project } from '#main/project/project.ts'
import { knownCorrectness } from '../score-table.ts'
import type { JudgedModel, MatchingCache } from './matchings.ts'

/** A page of images with what lists show of them. */
export async function listImageRows(
  project: Project,
  matchings: MatchingCache,
  { after, limit }: { readonly after: number | null; readonly limit: number },
): Promise<{ images: ImageRow[]; total: number; next: number | null }> {
  // one more than asked for tells whether there is a next page
  const page = { limit: limit + 1, ...(after === null ? {} : { after: after as ImageId }) }
  const overviews = await listImageOverviews(project.read, page)
  const images = overviews.slice(0, limit)
  // after the predictions, so that it has their models
  const { models } = await matchings.of(project)
  return {
    images: images.map((image) => rowOf(image, models)),
    total: await countImages(project.read),
    next: overviews.length > limit ? images.at(-1)!.id : null,
  }
}

function rowOf({ predictions, ...image }: ImageOverview, models: ReadonlyMap<number, JudgedModel>): ImageRow {
  return {
    ...image,
    reasons: [...image.reasons],
    results: predictions.map(({ modelId, classIndex, classLabel, probability, runtime, scores }) => {
      const { model, judge } = models.get(modelId)!
      return {
        model: model.name,
        predicted: classLabel,
        probability,
        isCorrect: knownCorrectness(judge({ classIndex, label: image.label, predictionRuntime: runtime })),
        scores: scores.map((score) => ({ ...score, variant: score.variant as Variant })),
      }
    }),
  }
}
