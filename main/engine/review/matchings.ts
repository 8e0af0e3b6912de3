import type { ModelId } from '#common/contract/ids.ts'
import type { ModelCard } from '#common/contract/procedures/models.ts'
import { countImagesByLabel } from '#main/project/image-repository.ts'
import { countInstancesByCategory } from '#main/project/mask-repository.ts'
import { listModels, modelsStamp, type Model } from '#main/project/model-repository.ts'
import type { Project } from '#main/project/project.ts'
import { newestId } from '#main/project/row-counts.ts'
import { objectMatching, type ObjectMatching } from '../class-matching.ts'
import { judgeOf, type Judge } from '../score-table.ts'
import { cardOf } from '../stored-card.ts'

/** A model of a project, with who judges its predictions. */
export interface JudgedModel {
  readonly model: Model
  readonly card: ModelCard
  readonly judge: Judge
}

/** How names are matched in a project now. */
interface Matchings {
  readonly models: ReadonlyMap<ModelId, JudgedModel>
  readonly objects: ObjectMatching
}

/**
 * Keeps how names are matched, as long as nothing changes that it depends on: to guess it for the thousand classes of
 * ImageNet takes longer than all else that an image is shown with.
 */
export class MatchingCache {
  readonly #known = new WeakMap<Project, { readonly key: string; readonly matchings: Matchings }>()

  async of(project: Project): Promise<Matchings> {
    const key = await keyOf(project)
    const known = this.#known.get(project)
    if (known?.key === key) return known.matchings
    const matchings = await matchingsOf(project)
    this.#known.set(project, { key, matchings })
    return matchings
  }
}

/** Class maps are only ever added; labels and categories are few. */
async function keyOf({ read }: Project): Promise<string> {
  const labels = (await countImagesByLabel(read)).map(({ label }) => label)
  const categories = (await countInstancesByCategory(read)).map(({ category }) => category)
  return JSON.stringify([await modelsStamp(read), await newestId(read, 'class_map'), labels, categories])
}

async function matchingsOf(project: Project): Promise<Matchings> {
  const models = new Map<ModelId, JudgedModel>()
  for (const model of await listModels(project.read)) {
    models.set(model.id, { model, card: cardOf(model), judge: await judgeOf(project, model) })
  }
  return { models, objects: await objectMatching(project) }
}
