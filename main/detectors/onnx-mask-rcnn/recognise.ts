import { z } from 'zod'
import { cocoCategoryIds } from '#common/classes/coco-categories.ts'
import { AppError } from '#common/contract/errors.ts'
import type { DetectorInfo } from '#common/contract/procedures/detecting.ts'
import { describeIssues } from '#common/contract/rpc.ts'
import { readBytes } from '#main/files/read-bytes.ts'
import { isTensor, type OnnxFile } from '#main/tensor/onnx/read-onnx-file.ts'
import type { OnnxModel, OnnxValueInfo } from '#main/tensor/onnx/read-model.ts'
import type { OnnxTensor } from '#main/tensor/onnx/read-tensor.ts'
import { dialects, type Dialect } from './dialect.ts'

/** The names of a network's values. */
export interface DetectorEnds {
  /** [3, height, width] */
  readonly input: string
  /** [n, 4], x1 y1 x2 y2 */
  readonly boxes: string
  readonly labels: string
  readonly scores: string
  /** [n, 1, height, width] */
  readonly masks: string
}

const [float32, int64] = [1, 7]

/**
 * @throws AppError 'model.format' for a network that does not take one photo and give boxes, labels, scores and masks
 */
export function detectorEnds(model: OnnxModel): DetectorEnds {
  const known = new Set(model.initializers.map(({ name }) => name))
  const inputs = model.inputs.filter(({ name }) => !known.has(name))
  const [input] = inputs
  if (inputs.length !== 1 || input?.type !== float32 || input.shape?.length !== 3 || (input.shape[0] ?? 3) !== 3) {
    throw noDetector('it does not take one colour photo [3, height, width] of float32')
  }
  const find = (what: string, isIt: (value: OnnxValueInfo) => boolean): string => {
    const found = model.outputs.filter(isIt)
    if (found.length === 1) return found[0]!.name
    throw noDetector(`${found.length === 0 ? 'none' : `${found.length}`} of its outputs can be the ${what}`)
  }
  const isOf = (type: number, rank: number) => (value: OnnxValueInfo) =>
    value.type === type && value.shape?.length === rank
  return {
    input: input.name,
    boxes: find('boxes [n, 4]', isOf(float32, 2)),
    labels: find('labels [n]', isOf(int64, 1)),
    scores: find('scores [n]', isOf(float32, 1)),
    masks: find('masks [n, 1, height, width]', isOf(float32, 4)),
  }
}

function noDetector(why: string): AppError {
  return new AppError('model.format', `it is no Mask R-CNN: ${why}`, {
    hint: 'Exports of torchvision’s Mask R-CNN and those of the ONNX model zoo can be used.',
  })
}

const CardFile = z.looseObject({
  detector: z.enum(['torchvision', 'model-zoo']).optional(),
  labels: z.array(z.string().min(1).max(500)).min(1).max(10_000).optional(),
})

/** What is not said by a network itself: how it wants its photos, and what its classes are. */
export interface Recognised {
  readonly dialect: Dialect
  readonly classes: DetectorInfo['classes']
}

/**
 * Recognises an export: by `FILE.card.json` beside it (`detector`, and `labels` without the background), else by what is
 * in it. A network that holds ImageNet's mean normalises its photos itself, as torchvision's; the number of classes is
 * that of the values that the box head adds (81 and 91 are COCO's).
 * @throws AppError 'model.card', 'file.unreadable' for a broken card; 'model.labels' where the number of classes is not
 *   to be found, or another one than of the labels
 */
export async function recognise(path: string, file: OnnxFile): Promise<Recognised> {
  const card = await readCard(`${path}.card.json`)
  const isNormalising = constantsOf(file).some((tensor) => isImagenetMean(file, tensor))
  const dialect = dialects[card.detector ?? (isNormalising ? 'torchvision' : 'model-zoo')]
  return { dialect, classes: classesOf(path, numberOfClasses(file.model), card.labels) }
}

const maxBytes = 1 << 22

async function readCard(path: string): Promise<z.output<typeof CardFile>> {
  let text: string
  try {
    text = new TextDecoder().decode(await readBytes(path, { maxBytes, code: 'model.card' })) // without a byte order mark
  } catch (error) {
    if (error instanceof AppError && error.code === 'file.missing') return {} // it is optional
    throw error
  }
  try {
    const parsed = CardFile.safeParse(JSON.parse(text))
    if (parsed.success) return parsed.data
    throw new AppError('model.card', `${path}: ${describeIssues(parsed.error)}`)
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    throw new AppError('model.card', `${path} is no JSON: ${(cause as Error).message.replace(/\s+/g, ' ')}`, { cause })
  }
}

function constantsOf({ model: { initializers, nodes } }: OnnxFile): OnnxTensor[] {
  const inNodes = nodes.flatMap(({ type, attributes }) => (type === 'Constant' ? [...attributes.values()] : []))
  return [...initializers, ...inNodes.filter(isTensor)]
}

const imagenetMean = [0.485, 0.456, 0.406]

function isImagenetMean(file: OnnxFile, tensor: OnnxTensor): boolean {
  if (tensor.shape.reduce((a, b) => a * b, 1) !== 3) return false
  const values = file.read(tensor)
  return imagenetMean.every((mean, i) => Math.abs(values[i]! - mean) < 1e-4)
}

/** Background counted; null: not to be told. The box head adds n values to its scores and 4n to its boxes. */
function numberOfClasses({ initializers }: OnnxModel): number | null {
  const lengths = new Set(initializers.filter(({ shape }) => shape.length === 1).map(({ shape }) => shape[0]!))
  const found = [...lengths].filter((n) => n >= 2 && lengths.has(4 * n))
  const coco = found.find((n) => n === 81 || n === 91)
  return coco ?? (found.length === 1 ? found[0]! : null)
}

function classesOf(path: string, n: number | null, labels: readonly string[] | undefined): DetectorInfo['classes'] {
  if (labels !== undefined) {
    if (n !== null && labels.length !== n - 1) {
      throw new AppError('model.labels', `${path} has ${n - 1} classes, its card names ${labels.length}`, {
        hint: 'Name the classes in the order of the model, without the background.',
      })
    }
    return labels.map((name, i) => ({ index: i + 1, name, categoryId: i + 1 }))
  }
  const ids = [...cocoCategoryIds]
  if (n === 81) return ids.map(([name, categoryId], i) => ({ index: i + 1, name, categoryId }))
  if (n === 91) return ids.map(([name, categoryId]) => ({ index: categoryId, name, categoryId }))
  if (n !== null)
    return Array.from({ length: n - 1 }, (_, i) => ({ index: i + 1, name: `class ${i + 1}`, categoryId: i + 1 }))
  throw new AppError('model.labels', `what the classes of ${path} are is not known`, {
    hint: `Name them in ${path}.card.json: {"labels": ["cat", "dog"]}, in the order of the model, without the background.`,
  })
}
