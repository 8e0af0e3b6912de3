import { gradCamPlusPlusPaper, gradCamPlusPlusStandard } from '#common/explanation/cam.ts'
import { camOptions, explainByCam, type CamOptions } from './class-activation-map.ts'
import type { Explainer } from './explainer.ts'

/**
 * Grad-CAM++: as Grad-CAM, but each cell's gradient is weighted so that several and small objects of the class count as
 * one large one does; gradients against the class do not count.
 *
 * `paper` and `standard` differ as in `gradCam`, and in the weights: see `gradCamPlusPlusPaper`.
 * @see Chattopadhyay et al., WACV 2018
 */
export const gradCamPlusPlus: Explainer<CamOptions> = {
  id: 'gradcam++',
  label: 'Grad-CAM++',
  description: 'As Grad-CAM, with weights that show several and small objects of the class as well as one large one.',
  variants: ['standard', 'paper'],
  options: camOptions,
  startsFromCleanPass: true,
  explain: (request) => explainByCam(request, { paper: gradCamPlusPlusPaper, standard: gradCamPlusPlusStandard }),
}
