import { extname, resolve } from 'node:path'
import type { DetectorRequest } from '#common/contract/procedures/detecting.ts'
import { defined } from './option-values.ts'

/** What is said about a detector. */
interface DetectorFiles {
  readonly path: string
  readonly config?: string | undefined
  readonly runtime?: DetectorRequest['runtime']
}

/** The request for a detector, with absolute paths: an .onnx is a whole model, anything else weights of Mask R-CNN. */
export function detectorRequest({ path, config, runtime }: DetectorFiles): DetectorRequest {
  return {
    path: resolve(path),
    architecture: extname(path).toLowerCase() === '.onnx' ? 'onnx' : 'maskrcnn',
    ...defined({ config: config === undefined ? undefined : resolve(config), runtime }),
  }
}
