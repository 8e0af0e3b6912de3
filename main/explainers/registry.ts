import { AppError } from '#common/contract/errors.ts'
import type { Explainer } from './explainer.ts'
import { gradCam } from './grad-cam.ts'
import { occlusion } from './occlusion.ts'

/** Every explanation method; a new one is a file and a line here. */
export const explainers: readonly Explainer[] = [occlusion, gradCam] as readonly Explainer[]

/** @throws AppError 'explainer.unknown' naming those there are */
export function explainerById(id: string): Explainer {
  const explainer = explainers.find((candidate) => candidate.id === id)
  if (explainer) return explainer
  throw new AppError('explainer.unknown', `there is no explanation method “${id}”`, {
    hint: `Choose one of ${explainers.map((known) => known.id).join(', ')}.`,
  })
}
