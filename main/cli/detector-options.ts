import { extname, resolve } from 'node:path'
import type { DetectorRequest } from '#common/contract/procedures/detecting.ts'
import { requireNoCatalogueId } from './catalogue-id.ts'
import { defined } from './option-values.ts'

/** What is said about a detector. */
interface DetectorFiles {
  readonly path: string
  readonly config?: string | undefined
  readonly runtime?: DetectorRequest['runtime']
}

/**
 * The request for a detector, with absolute paths: an .onnx is a whole model, anything else weights of Mask R-CNN.
 * @throws AppError 'file.missing' for what is no file but the name of one in the catalogue
 */
export function detectorRequest({ path, config, runtime }: DetectorFiles): DetectorRequest {
  requireNoCatalogueId(path)
  return {
    path: resolve(path),
    architecture: extname(path).toLowerCase() === '.onnx' ? 'onnx' : 'maskrcnn',
    ...defined({ config: config === undefined ? undefined : resolve(config), runtime }),
  }
}
