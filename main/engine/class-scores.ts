import type { ClassifierInfo } from '#common/contract/procedures/models.ts'

/** One class of a prediction. */
export interface ClassScore {
  readonly index: number
  /** null: the model has no class names */
  readonly label: string | null
  readonly probability: number
  readonly logit: number
}

/**
 * The classes of one image, best first; equal logits in the order of their indices.
 * @param n how many; null: all
 */
export function topClasses(
  info: ClassifierInfo,
  { logits, probabilities }: { readonly logits: Float32Array; readonly probabilities: Float64Array },
  n: number | null,
): ClassScore[] {
  const order = [...logits.keys()].sort((a, b) => logits[b]! - logits[a]! || a - b)
  return order.slice(0, n ?? order.length).map((index) => ({
    index,
    label: info.card.labels?.[index] ?? null,
    probability: probabilities[index]!,
    logit: logits[index]!,
  }))
}
