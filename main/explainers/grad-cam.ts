import { z } from 'zod'
import { gradCamPaper, gradCamStandard } from '#common/explanation/cam.ts'
import type { NativeMap } from '#common/explanation/native-map.ts'
import type { Explainer, ExplainRequest } from './explainer.ts'

const options = z.strictObject({
  layer: z
    .string()
    .min(1)
    .max(500)
    .optional()
    .describe('layer to look at; default: the model card’s explanation layer'),
})
type Options = z.output<typeof options>

/**
 * Grad-CAM: the feature maps of the last convolution, weighted by how the class score depends on them.
 *
 * `paper`: gradient of the softmax output, divided by its root mean square, cubic zoom, ReLU after it, as the ObAlEx
 * authors' scripts. `standard`: gradient of the logit, ReLU before bilinear upsampling, as the method's paper.
 * @see Selvaraju et al., ICCV 2017
 */
export const gradCam: Explainer<Options> = {
  id: 'gradcam',
  label: 'Grad-CAM',
  description: 'Shows where the last feature maps speak for the class, weighted by the gradient of its score.',
  options,
  explain,
}

async function explain(request: ExplainRequest<Options>): Promise<NativeMap> {
  const { classifier, input, classIndex, variant, signal, onProgress } = request
  signal.throwIfAborted()
  const isPaper = variant === 'paper'
  const of = isPaper ? 'probability' : 'logit'
  const { activation, gradient, ...shape } = await classifier.layerGradients(
    input,
    [classIndex],
    of,
    request.options.layer,
  )
  onProgress(1)
  const cam = isPaper ? gradCamPaper : gradCamStandard
  const { coarse, note } = cam({ ...shape, data: activation }, { ...shape, data: gradient })
  return {
    kind: 'grid',
    rows: shape.height,
    cols: shape.width,
    values: coarse,
    steps: isPaper
      ? [{ op: 'zoom-cubic' }, { op: 'relu' }, { op: 'divide-by-max' }]
      : [{ op: 'relu' }, { op: 'bilinear' }, { op: 'divide-by-max' }],
    ...(note === undefined ? {} : { note }),
  }
}
