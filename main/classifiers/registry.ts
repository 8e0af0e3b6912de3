import { AppError } from '#common/contract/errors.ts'
import type { ClassifierFormat } from './format.ts'
import { layersModelFormat } from './layers-model.ts'

/** Every kind of model file that can be opened; a new one is a file and a line here. */
const classifierFormats: readonly ClassifierFormat[] = [layersModelFormat]

/** @throws AppError 'model.format' naming what can be opened */
export function classifierFormatOf(path: string): ClassifierFormat {
  const name = path.toLowerCase()
  const format = classifierFormats.find(({ endings }) => endings.some((ending) => name.endsWith(ending)))
  if (format) return format
  throw new AppError('model.format', `${path} is not a kind of model file that can be opened`, {
    hint: `Give a ${classifierFormats.map(({ label }) => label).join(' or a ')}.`,
  })
}
