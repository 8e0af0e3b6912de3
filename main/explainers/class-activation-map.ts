import { z } from 'zod'
import type { ClassActivationMap, FeatureMap } from '#common/explanation/cam.ts'
import type { NativeMap } from '#common/explanation/native-map.ts'
import type { ExplainRequest, Variant } from './explainer.ts'
import { scoreGradients } from './score-gradients.ts'

/** The layer that a class activation map looks at. */
export const layerOption = z
  .string()
  .min(1)
  .max(500)
  .optional()
  .describe('layer to look at; default: the model card’s explanation layer')

/** The options of methods that look at one layer. */
export const camOptions = z.strictObject({ layer: layerOption })
export type CamOptions = z.output<typeof camOptions>

/** Arithmetic from a layer's output and the gradient there to the map, for each variant. */
export type CamArithmetic = Readonly<Record<Variant, (a: FeatureMap, g: FeatureMap) => ClassActivationMap>>

/**
 * Explains by a class activation map out of gradients. `paper`: gradient of the probability, cubic zoom, ReLU after it, as
 * the ObAlEx authors' scripts; `standard`: gradient of the logit, ReLU before bilinear upsampling.
 * @throws AppError 'model.layer-missing', 'runtime.unavailable'
 */
export async function explainByCam(request: ExplainRequest<CamOptions>, cam: CamArithmetic): Promise<NativeMap> {
  const { variant, signal, onProgress, options } = request
  signal.throwIfAborted()
  const of = variant === 'paper' ? 'probability' : 'logit'
  const { activation, gradient, ...shape } = await scoreGradients(request, of, options.layer)
  onProgress(1)
  const { coarse, note } = cam[variant]({ ...shape, data: activation }, { ...shape, data: gradient })
  return {
    kind: 'grid',
    rows: shape.height,
    cols: shape.width,
    values: coarse,
    steps:
      variant === 'paper'
        ? [{ op: 'zoom-cubic' }, { op: 'relu' }, { op: 'divide-by-max' }]
        : [{ op: 'relu' }, { op: 'bilinear' }, { op: 'divide-by-max' }],
    ...(note === undefined ? {} : { note }),
  }
}
