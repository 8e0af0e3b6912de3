import type { Tensor } from 'onnxruntime-node'
import { AppError } from '#common/contract/errors.ts'
import type { PreparedPhoto } from './dialect.ts'
import type { DetectorEnds } from './recognise.ts'

/** What a network says of a photo. */
export interface Outputs {
  /** [n, 4], x1 y1 x2 y2, pixels of the input */
  readonly boxes: Float32Array
  /** [n] */
  readonly labels: BigInt64Array
  /** [n] */
  readonly scores: Float32Array
  /** [n, …], 0…1 */
  readonly masks: Float32Array
  /** whether masks have the size of the input; else they are square, to be pasted into their boxes */
  readonly areWhole: boolean
}

/**
 * Only now their sizes are known: exporters leave them open.
 * @throws AppError 'model.format' where they are not those of as many objects
 */
export function outputsOf(
  results: Readonly<Record<string, Tensor>>,
  ends: DetectorEnds,
  input: Pick<PreparedPhoto, 'width' | 'height'>,
): Outputs {
  const [boxes, labels, scores, masks] = ([ends.boxes, ends.labels, ends.scores, ends.masks] as const).map(
    (name) => results[name]!,
  ) as [Tensor, Tensor, Tensor, Tensor]
  const [n = 0] = labels.dims
  const [, , height = 0, width = 0] = masks.dims
  const areWhole = height === input.height && width === input.width
  requireShape('boxes', boxes, [n, 4])
  requireShape('scores', scores, [n])
  requireShape('masks', masks, areWhole ? [n, 1, height, width] : [n, 1, height, height])
  return {
    boxes: boxes.data as Float32Array,
    labels: labels.data as BigInt64Array,
    scores: scores.data as Float32Array,
    masks: masks.data as Float32Array,
    areWhole,
  }
}

function requireShape(what: string, { dims }: Tensor, expected: readonly number[]): void {
  if (dims.join() === expected.join()) return
  throw new AppError(
    'model.format',
    `it is no Mask R-CNN: its ${what} have the shape [${dims.join(', ')}] where [${expected.join(', ')}] is needed`,
  )
}
