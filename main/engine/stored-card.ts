import { AppError } from '#common/contract/errors.ts'
import { ModelCard } from '#common/contract/procedures/models.ts'
import type { Model } from '#main/project/model-repository.ts'

/**
 * The card of a stored model, without what is kept beside it.
 * @throws AppError 'model.card' where it cannot be read
 */
export function cardOf({ name, card: { nClasses: _, ...card } }: Model): ModelCard {
  const parsed = ModelCard.safeParse(card)
  if (parsed.success) return parsed.data
  throw new AppError('model.card', `the card of model ${name} cannot be read`, { cause: parsed.error })
}
