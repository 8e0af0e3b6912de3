import { AppError } from '#common/contract/errors.ts'
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
 * @throws AppError 'prediction.not-finite' where the model gave a score that is no number
 */
export function topClasses(
  info: ClassifierInfo,
  { logits, probabilities }: { readonly logits: Float32Array; readonly probabilities: Float64Array },
  n: number | null,
): ClassScore[] {
  const broken = logits.findIndex((logit) => !Number.isFinite(logit))
  if (broken >= 0) {
    throw new AppError('prediction.not-finite', `${info.card.name} gave ${logits[broken]!} for class ${broken}`, {
      hint: 'Its weights may be broken, or its preprocessing another one than it was trained with.',
    })
  }
  return bestIndices(logits, n ?? logits.length).map((index) => ({
    index,
    label: info.card.labels?.[index] ?? null,
    probability: probabilities[index]!,
    logit: logits[index]!,
  }))
}

const mostInOnePass = 16

/** For a few of many classes one pass: sorting a thousand for each photo would show in the time of a small model. */
function bestIndices(logits: Float32Array, n: number): number[] {
  const isBefore = (a: number, b: number): boolean => logits[a]! > logits[b]! || (logits[a] === logits[b] && a < b)
  if (n > mostInOnePass) return [...logits.keys()].sort((a, b) => (isBefore(a, b) ? -1 : 1)).slice(0, n)
  const best: number[] = []
  for (let index = 0; index < logits.length; index++) {
    if (best.length === n && !isBefore(index, best[n - 1]!)) continue
    const place = best.findIndex((other) => isBefore(index, other))
    best.splice(place < 0 ? best.length : place, 0, index)
    if (best.length > n) best.pop()
  }
  return best
}
