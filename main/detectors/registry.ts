import type { DetectorKind } from './detector.ts'
import { maskRcnn } from './mask-rcnn.ts'
import { onnxMaskRcnn } from './onnx-mask-rcnn.ts'

/** Every kind of detector; a new one is a file and a line here. */
export const detectorKinds: Readonly<Record<DetectorKind['id'], DetectorKind>> = {
  maskrcnn: maskRcnn,
  onnx: onnxMaskRcnn,
}
