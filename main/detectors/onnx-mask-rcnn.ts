import { basename, extname } from 'node:path'
import { AppError } from '#common/contract/errors.ts'
import type { RgbImage } from '#common/image/rgb-image.ts'
import { rleArea } from '#common/mask/rle.ts'
import { closeSession, openFileSession, type Session } from '#main/tensor/onnx/onnx-session.ts'
import { openOnnxFile } from '#main/tensor/onnx/read-onnx-file.ts'
import { sizeOf } from '#main/tensor/graph.ts'
import type { DetectorKind, DetectOptions, FoundObject } from './detector.ts'
import { outputsOf } from './onnx-mask-rcnn/outputs.ts'
import { maskOnPhoto, pasteMask } from './onnx-mask-rcnn/paste-mask.ts'
import { detectorEnds, recognise, type DetectorEnds, type Recognised } from './onnx-mask-rcnn/recognise.ts'
import { settingsHash } from './settings-hash.ts'

/** Mask R-CNN as torchvision exports it, or as the ONNX model zoo has it: it runs as it is, on ONNX Runtime. */
export const onnxMaskRcnn: DetectorKind = {
  id: 'onnx',
  label: 'Mask R-CNN (.onnx)',
  load: async ({ path, config }, runtimes) => {
    if (config !== undefined) {
      throw new AppError('request.usage', 'a configuration is for weights of Matterport’s Mask R-CNN', {
        hint: `What an .onnx does not say about itself can be said in ${path}.card.json.`,
      })
    }
    if (!runtimes.some(({ id }) => id === 'onnx')) {
      throw new AppError('runtime.unavailable', `${basename(path)} runs on ONNX Runtime only`, {
        hint: 'Choose the runtime onnx or auto.',
      })
    }
    const file = await openOnnxFile(path)
    try {
      const ends = detectorEnds(file.model)
      const recognised = await recognise(path, file)
      const session = await openSession(path)
      return {
        info: {
          name: basename(path, extname(path)),
          label: `Mask R-CNN, ${recognised.dialect.label}`,
          sha256: file.sha256,
          settings: settingsHash([recognised.dialect.id, recognised.classes]),
          runtime: 'onnx',
          classes: recognised.classes,
          minScore: 0,
          side: null,
        },
        bytes: file.model.initializers.reduce((sum, { shape }) => sum + 4 * sizeOf(shape), 0),
        detect: (photo, options) => detect(session, { ends, recognised, photo }, options),
        dispose: () => closeSession(session),
      }
    } finally {
      file.close()
    }
  },
}

async function openSession(path: string): Promise<Session> {
  try {
    return await openFileSession(path)
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    throw cannotRun('load', cause)
  }
}

interface Work {
  readonly ends: DetectorEnds
  readonly recognised: Recognised
  readonly photo: RgbImage
}

async function detect(
  { onnx, session }: Session,
  { ends, recognised: { dialect, classes }, photo }: Work,
  { minScore, signal, onProgress }: DetectOptions,
): Promise<readonly FoundObject[]> {
  const prepared = dialect.prepare(photo)
  const { input, width, height, content } = prepared
  const wanted = [ends.boxes, ends.labels, ends.scores, ends.masks]
  const results = await session
    .run({ [ends.input]: new onnx.Tensor('float32', input, [3, height, width]) }, wanted)
    .catch((cause: unknown) => {
      throw cannotRun(`run on a photo of ${photo.width}×${photo.height}`, cause)
    })
  signal.throwIfAborted()
  const { boxes, labels, scores, masks, areWhole } = outputsOf(results, ends, prepared)
  const known = new Set(classes.map(({ index }) => index))
  const [scaleX, scaleY] = [photo.width / content.width, photo.height / content.height]
  const nCells = masks.length / labels.length
  const found: FoundObject[] = []
  for (const [i, label] of labels.entries()) {
    const classIndex = Number(label)
    const score = scores[i]!
    if (!known.has(classIndex) || !(score >= (minScore ?? 0))) continue
    const [x1, y1, x2, y2] = boxes.subarray(4 * i, 4 * i + 4)
    const box = [x1! * scaleX, y1! * scaleY, x2! * scaleX, y2! * scaleY] as const
    const mask = masks.subarray(i * nCells, (i + 1) * nCells)
    const rle = areWhole ? maskOnPhoto(mask, prepared, photo) : pasteMask(mask, box, photo)
    if (rleArea(rle) === 0) continue
    found.push({ classIndex, score, bbox: [box[0], box[1], box[2] - box[0], box[3] - box[1]], rle })
  }
  onProgress(1)
  return found.sort((a, b) => b.score - a.score)
}

function cannotRun(what: string, cause: unknown): AppError {
  const said = (cause instanceof Error ? cause.message : String(cause)).replace(/\s+/g, ' ').slice(0, 400)
  return new AppError('model.format', `ONNX Runtime cannot ${what}: ${said}`, {
    hint: 'Export the model once more, with operators of ONNX’s own.',
    cause,
  })
}
