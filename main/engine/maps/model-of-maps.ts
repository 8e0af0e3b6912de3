import type { Kysely } from 'kysely'
import type { JsonObject } from '#common/contract/canonical-json.ts'
import { AppError } from '#common/contract/errors.ts'
import type { ModelCard } from '#common/contract/procedures/models.ts'
import { countExplanationsOf } from '#main/project/explanation-repository.ts'
import { listModels, noFileSha256, type Model } from '#main/project/model-repository.ts'
import { assumedRight, hasPredictionsBy, madeElsewhere } from '#main/project/prediction-repository.ts'
import type { Schema } from '#main/project/schema.ts'
import { cardOf } from '../stored-card.ts'

/** From where it is known what the classifier answered. */
type Answers = 'project' | 'file' | 'assumed'

/** The classifier that maps explain; `model` is null where its name is new to the project. */
export interface ModelOfMaps {
  readonly name: string
  readonly model: Model | null
  readonly answers: Answers
  /** how its maps lie over the photo */
  readonly card: ModelCard
}

interface Asked {
  readonly name: string
  readonly method: string
  readonly hasTable: boolean
}

/**
 * The classifier of this name: one that was run here, with its predictions; else one without a file, of which only maps
 * and answers are known.
 * @throws AppError 'request.usage' where answers would mix: a table for one that was run here, or for one whose maps came
 *   in without a table; maps of a method by which it was explained here
 */
export async function modelOfMaps(db: Kysely<Schema>, { name, method, hasTable }: Asked): Promise<ModelOfMaps> {
  const named = (await listModels(db)).filter((model) => model.name === name)
  const run = named.findLast(({ sha256 }) => sha256 !== noFileSha256)
  if (run) {
    if (hasTable) {
      throw new AppError('request.usage', `${name} is a classifier of the project: its own predictions are used`, {
        hint: 'Leave the table of predictions out, or give the classifier of the maps another name.',
      })
    }
    if ((await countExplanationsOf(db, { modelId: run.id, method, notBy: madeElsewhere })) > 0) {
      throw new AppError('request.usage', `${name} was explained by ${method} here`, {
        hint: 'Give the method of the maps another name, so that the two are told apart.',
      })
    }
    return { name, model: run, answers: 'project', card: cardOf(run) }
  }
  const known = named.at(-1) ?? null
  const isTabled = known !== null && (await hasPredictionsBy(db, known.id, madeElsewhere))
  const isAssumed = known !== null && (await hasPredictionsBy(db, known.id, assumedRight))
  if (hasTable && isAssumed) {
    throw new AppError('request.usage', `the project has maps of ${name} that came without its predictions`, {
      hint: 'Those count as explaining right answers. Give the classifier another name to import them with predictions.',
    })
  }
  return {
    name,
    model: known,
    answers: hasTable || isTabled ? 'file' : 'assumed',
    card: known ? cardOf(known) : emptyCard(name),
  }
}

/** The card of a classifier without a file as it is kept. */
export function cardWithoutFile(card: ModelCard): JsonObject {
  return { ...card, nClasses: card.labels?.length ?? 0 }
}

/** Its input is nowhere used: maps of it have their own sizes and lie over the whole photo. */
function emptyCard(name: string): ModelCard {
  return {
    ...{ name, width: 224, height: 224, preprocess: 'none', labels: [], layer: null },
    ...{ resize: 'nearest', fit: 'stretch' },
  }
}

/** The classes of a classifier without a file: those that were named so far. */
export class NamedClasses {
  readonly #labels: string[]
  readonly #nBefore: number

  constructor({ card }: ModelOfMaps) {
    this.#labels = [...(card.labels ?? [])]
    this.#nBefore = this.#labels.length
  }

  get labels(): readonly string[] {
    return this.#labels
  }

  get areNew(): boolean {
    return this.#labels.length > this.#nBefore
  }

  indexOf(label: string): number {
    const known = this.#labels.indexOf(label)
    return known >= 0 ? known : this.#labels.push(label) - 1
  }
}

/** What is taken for the answer about an image that has no label either. */
export const unknownClass = 'unknown'
