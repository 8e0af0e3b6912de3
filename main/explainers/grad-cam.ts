import { gradCamPaper, gradCamStandard } from '#common/explanation/cam.ts'
import { camOptions, explainByCam, type CamOptions } from './class-activation-map.ts'
import type { Explainer } from './explainer.ts'

/**
 * Grad-CAM: the feature maps of the last convolution, weighted by how the class score depends on them.
 *
 * `paper`: gradient of the softmax output, divided by its root mean square, cubic zoom, ReLU after it, as the ObAlEx
 * authors' scripts. `standard`: gradient of the logit, ReLU before bilinear upsampling, as the method's paper.
 * @see Selvaraju et al., ICCV 2017
 */
export const gradCam: Explainer<CamOptions> = {
  id: 'gradcam',
  label: 'Grad-CAM',
  description: 'Shows where the last feature maps speak for the class, weighted by the gradient of its score.',
  variants: ['standard', 'paper'],
  options: camOptions,
  startsFromCleanPass: true,
  explain: (request) => explainByCam(request, { paper: gradCamPaper, standard: gradCamStandard }),
}
