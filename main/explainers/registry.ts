import { AppError } from '#common/contract/errors.ts'
import type { Explainer, Variant } from './explainer.ts'
import { gradCamPlusPlus } from './grad-cam-plus-plus.ts'
import { gradCam } from './grad-cam.ts'
import { lime } from './lime/index.ts'
import { occlusion } from './occlusion.ts'
import { rise } from './rise.ts'
import { scoreCam } from './score-cam.ts'

/** Every explanation method; a new one is a file and a line here. */
export const explainers: readonly Explainer[] = [
  occlusion,
  lime,
  gradCam,
  gradCamPlusPlus,
  rise,
  scoreCam,
] as readonly Explainer[]

/** @throws AppError 'explainer.unknown' naming those there are */
export function explainerById(id: string): Explainer {
  const explainer = explainers.find((candidate) => candidate.id === id)
  if (explainer) return explainer
  throw new AppError('explainer.unknown', `there is no explanation method “${id}”`, {
    hint: `Choose one of ${explainers.map((known) => known.id).join(', ')}.`,
  })
}

/** @throws AppError 'explainer.options' where the method has no such variant */
export function requireVariant({ label, variants }: Explainer, variant: Variant): void {
  if (variants.includes(variant)) return
  throw new AppError('explainer.options', `${label} has no variant ${variant}`, {
    hint: `The authors of ObAlEx did not use it. Choose the variant ${variants.join(' or ')}.`,
  })
}
