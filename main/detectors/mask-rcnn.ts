import { basename, extname } from 'node:path'
import { cocoCategoryIds } from '#common/classes/coco-categories.ts'
import { sha256OfFile } from '#main/files/hash-file.ts'
import { sizeOf } from '#main/tensor/graph.ts'
import { storedWeights } from '#main/tensor/stored-weights.ts'
import type { Detector, DetectorKind, FoundObject } from './detector.ts'
import { readConfig, type ReadConfig } from './mask-rcnn/config-file.ts'
import { RunningMaskRcnn } from './mask-rcnn/run-mask-rcnn.ts'
import type { PhotoDetection } from './mask-rcnn/unmold.ts'
import { openWeights } from './mask-rcnn/weights.ts'
import { settingsHash } from './settings-hash.ts'

/** Matterport's Mask R-CNN on ResNet50 or ResNet101, by weights as `mask_rcnn_coco.h5`. */
export const maskRcnn: DetectorKind = {
  id: 'maskrcnn',
  label: 'Mask R-CNN (Matterport)',
  load: async ({ path, config: configPath }, [runtime]) => {
    // open until the end: a runtime with threads reads the weights for them when it first needs them
    const { file, shape, tensors } = await openWeights(path)
    try {
      const read = await readConfig(configPath ?? null, shape)
      const sha256 = await sha256OfFile(path)
      const running = await RunningMaskRcnn.load(read.config, storedWeights(path, tensors), runtime!)
      const bytes = [...tensors.values()]
        .flatMap((layer) => [...layer.values()])
        .reduce((sum, tensor) => sum + 4 * sizeOf(tensor.shape), 0)
      const classes = classesOf(read)
      const info = {
        name: basename(path, extname(path)),
        label: `Mask R-CNN on ${shape.backbone === 'resnet50' ? 'ResNet50' : 'ResNet101'}`,
        sha256,
        settings: settingsHash([read.config, read.classNames]),
        runtime: runtime!.id,
        classes,
        minScore: read.config.minConfidence,
        side: read.config.maxSide,
      }
      const detector: Detector = {
        info,
        bytes,
        detect: async (photo, options) => (await running.detect(photo, options)).map(foundObject),
        dispose: async () => {
          await running.dispose()
          file.close()
        },
      }
      return detector
    } catch (error) {
      file.close()
      throw error
    }
  },
}

/** The 80 of COCO have their names and ids; others the names that the configuration gives them, or numbers. */
function classesOf({ config: { nClasses }, classNames }: ReadConfig): Detector['info']['classes'] {
  const isCoco = classNames === null && nClasses === cocoCategoryIds.size + 1
  const names = classNames ?? (isCoco ? [...cocoCategoryIds.keys()] : [])
  return Array.from({ length: nClasses - 1 }, (_, i) => {
    const name = names[i] ?? `class ${i + 1}`
    return { index: i + 1, name, categoryId: (isCoco ? cocoCategoryIds.get(name) : undefined) ?? i + 1 }
  })
}

function foundObject({ classId, score, box: [top, left, bottom, right], rle }: PhotoDetection): FoundObject {
  return { classIndex: classId, score, bbox: [left, top, right - left, bottom - top], rle }
}
