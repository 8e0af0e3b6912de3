import { everyInstance } from '#common/classes/object-rule.ts'
import { AppError } from '#common/contract/errors.ts'
import type { ExplanationId, ImageId } from '#common/contract/ids.ts'
import type { ScoreNumbers } from '#common/contract/procedures/scoring.ts'
import { unionRle } from '#common/mask/combine.ts'
import type { Rle } from '#common/mask/rle.ts'
import { getExplanation, readNative } from '#main/project/explanation-repository.ts'
import { getImage, type ProjectImage } from '#main/project/image-repository.ts'
import { countInstancesByCategory, currentMasks, listRevisions } from '#main/project/mask-repository.ts'
import { listModels, type Model } from '#main/project/model-repository.ts'
import { listHandChoices, listObjectRules } from '#main/project/object-choice-repository.ts'
import type { Project } from '#main/project/project.ts'
import { listScores, listScoresForAverages, type MaskVariant, type Score } from '#main/project/score-repository.ts'
import type { Finding } from '#main/project/verify/check.ts'
import type { Watch } from '#main/project/watch.ts'
import { rleOf } from './object-mask.ts'
import { maskOnGrids, scoreNative } from './score-map.ts'
import { findScoredMask, type ChoiceHistory, type InstanceHistory } from './scored-mask.ts'
import { cardOf } from './stored-card.ts'

/** What computing all scores again came to. */
export interface Recomputation {
  /** the first score whose map and mask give something else, or null */
  readonly broken: Finding | null
  /** scores whose mask is not to be found: no choice among the outlines of their image gives its key */
  readonly nWithoutMask: number
}

/** An image with all that its scores may have been computed with. */
interface ScoredImage {
  readonly image: ProjectImage
  readonly instances: readonly InstanceHistory[]
  readonly leftOuts: ChoiceHistory['leftOuts']
}

const pageSize = 200

/**
 * Computes every score in force again, from the stored map and the mask that it was scored with. The code is the same
 * that scored it and uses no approximation that depends on the machine, so the numbers must be the same to the last bit.
 */
export async function recomputeScores(project: Project, watch: Watch): Promise<Recomputation> {
  let nWithoutMask = 0
  const categories = (await countInstancesByCategory(project.read)).map(({ category }) => category)
  const choices = [...(await listObjectRules(project.read)), everyInstance]
  for (const model of await listModels(project.read)) {
    for (const maskVariant of ['standard', 'paper'] as const) {
      for await (const { scores, scored } of scoredImages(project, { model, maskVariant })) {
        for (const score of scores) {
          const outcome = await attempt(() => recompute(project, { score, scored, model, categories, choices }))
          if (outcome === null) nWithoutMask++
          const problem = typeof outcome === 'string' ? outcome : outcome && firstDifference(score, outcome)
          if (problem) return { broken: brokenScore(score, scored.image, problem), nWithoutMask }
        }
        await watch.step(scores.length)
      }
    }
  }
  return { broken: null, nWithoutMask }
}

/** The scores in force of a model, image by image. */
async function* scoredImages(
  project: Project,
  { model, maskVariant }: { readonly model: Model; readonly maskVariant: MaskVariant },
): AsyncGenerator<{ readonly scored: ScoredImage; readonly scores: readonly Score[] }> {
  let after = { imageId: 0 as ImageId, explanationId: 0 as ExplanationId }
  for (;;) {
    const page = await listScoresForAverages(
      project.read,
      { modelId: model.id, maskVariant },
      { after, limit: pageSize },
    )
    for (const imageId of new Set(page.map((score) => score.imageId))) {
      const scores: Score[] = []
      for (const { explanationId } of page.filter((score) => score.imageId === imageId)) {
        const all = await listScores(project.read, explanationId)
        scores.push(all.findLast((score) => score.maskVariant === maskVariant)!)
      }
      yield { scored: await readImage(project, imageId), scores }
    }
    const last = page.at(-1)
    if (!last) return
    after = { imageId: last.imageId, explanationId: last.explanationId }
  }
}

async function readImage({ read }: Project, id: ImageId): Promise<ScoredImage> {
  const masks = (await currentMasks(read, [id])).get(id) ?? []
  const instances: InstanceHistory[] = []
  for (const { instance } of masks) {
    const { id: instanceId, category, score } = instance
    instances.push({ id: instanceId, category, score, revisions: await listRevisions(read, instanceId) })
  }
  const leftOuts = (await listHandChoices(read, id)).flatMap(({ leftOut }) => (leftOut === null ? [] : [leftOut]))
  return { image: await getImage(read, id), instances, leftOuts }
}

interface ScoreParts extends Pick<ChoiceHistory, 'categories' | 'choices'> {
  readonly score: Score
  readonly scored: ScoredImage
  readonly model: Model
}

/** @returns null where the mask is not to be found */
async function recompute(
  { read }: Project,
  { score, scored, model, categories, choices }: ScoreParts,
): Promise<ScoreNumbers | null> {
  const { image, instances, leftOuts } = scored
  const revisions = findScoredMask(score.maskKey, instances, { categories, choices, leftOuts })
  if (!revisions) return null
  if (revisions.some(({ mask }) => mask.width !== image.width || mask.height !== image.height)) return null
  const masks = revisions.map(({ mask }) => rleOf(mask))
  const rle: Rle | null = masks.length > 0 ? unionRle(masks, image) : null
  const native = await readNative(read, await getExplanation(read, score.explanationId))
  const variant = score.maskVariant
  return scoreNative(native, {
    maskOn: maskOnGrids(() => rle, { photo: image, variant }),
    input: cardOf(model),
    variant,
  })
}

/** What it gives, or why it cannot be done; the program's own mistakes are not caught. */
async function attempt<T>(work: () => Promise<T>): Promise<T | string> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof AppError) return `cannot be computed again: ${error.message}`
    throw error
  }
}

function firstDifference(score: Score, numbers: ScoreNumbers): string | null {
  const names = Object.keys(numbers) as (keyof ScoreNumbers)[]
  const name = names.find((candidate) => score[candidate] !== numbers[candidate])
  return name === undefined ? null : `has ${name} ${score[name]}, its map and mask give ${numbers[name]}`
}

function brokenScore({ id }: Score, { file }: ProjectImage, problem: string): Finding {
  return { kind: 'score', subject: `score ${id}`, message: `score ${id} (${file}) ${problem}` }
}
