import { AppError } from '#common/contract/errors.ts'
import type { ArchitectureRequest } from '#common/contract/procedures/models.ts'
import type { ClassifierFormat } from './format.ts'
import { kerasH5Format } from './keras-h5.ts'
import { kerasWeightsFormat } from './keras-weights.ts'
import { kerasZipFormat } from './keras-zip.ts'
import { layersModelFormat } from './layers-model.ts'
import { onnxModelFormat } from './onnx-model.ts'

/** Every kind of model file that can be opened; a new one is a file and a line here. */
const classifierFormats: readonly ClassifierFormat[] = [
  layersModelFormat,
  kerasH5Format,
  kerasZipFormat,
  onnxModelFormat,
]

/**
 * @param architecture said of a file that holds weights only
 * @throws AppError 'model.format' naming what can be opened
 */
export function classifierFormatOf(path: string, architecture?: ArchitectureRequest): ClassifierFormat {
  const name = path.toLowerCase()
  const isOf = ({ endings }: ClassifierFormat): boolean => endings.some((ending) => name.endsWith(ending))
  if (architecture) {
    const format = kerasWeightsFormat(architecture)
    if (isOf(format)) return format
    throw new AppError('model.format', `${path} is no ${format.label}, whose architecture could be said`, {
      hint: 'Leave --architecture out: other model files hold the layers as well.',
    })
  }
  const format = classifierFormats.find(isOf)
  if (format) return format
  throw new AppError('model.format', `${path} is not a kind of model file that can be opened`, {
    hint: `Give a ${classifierFormats.map(({ label }) => label).join(' or a ')}.`,
  })
}
