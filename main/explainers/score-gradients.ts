import type { ClassGradients, Classifier } from '#main/tensor/classifier.ts'
import type { ScoreKind } from '#main/tensor/runtime.ts'
import type { ExplainedScore } from './class-score.ts'

interface GradientRequest extends ExplainedScore {
  readonly classifier: Classifier
  /** the preprocessed photo */
  readonly input: Float32Array
}

/**
 * The values of a layer for one photo, and the gradient of the explained score there: of a difference of two classes
 * the difference of their gradients.
 * @param layer default: the card's explanation layer
 * @throws AppError 'model.layer-missing', 'runtime.unavailable'
 */
export async function scoreGradients(
  { classifier, input, classIndex, against }: GradientRequest,
  of: ScoreKind,
  layer?: string,
): Promise<ClassGradients> {
  const gradients = await classifier.layerGradients(input, [classIndex], of, layer)
  if (against === null) return gradients
  const other = (await classifier.layerGradients(input, [against], of, layer)).gradient
  return { ...gradients, gradient: gradients.gradient.map((value, i) => value - other[i]!) }
}
