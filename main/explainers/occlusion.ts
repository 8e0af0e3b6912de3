import { z } from 'zod'
import { AppError } from '#common/contract/errors.ts'
import type { NativeMap } from '#common/explanation/native-map.ts'
import { occludedLogits } from '#main/tensor/occluded-logits.ts'
import { classScore } from './class-score.ts'
import { gaussianBlur } from './gaussian-blur.ts'
import type { Explainer, ExplainRequest } from './explainer.ts'

const options = z.strictObject({
  patch: z.coerce
    .number()
    .int()
    .min(1)
    .max(4096)
    .default(32)
    .describe('side of the patch that hides the photo, pixels'),
  stride: z.coerce.number().int().min(1).max(4096).default(16).describe('step from one patch to the next, pixels'),
  fill: z
    .union([z.enum(['mean', 'blur']), z.coerce.number().min(-1e6).max(1e6)])
    .default(0)
    .describe(
      'what stands in the patch: a value after preprocessing, `mean` colour of the photo, or the photo `blur`red',
    ),
})
type Options = z.output<typeof options>

/**
 * Occlusion: how much the class score falls when a patch of the photo is hidden.
 *
 * `paper`: the score itself (logit), cubic zoom over the whole input, min-max, inverted, as the ObAlEx authors' scripts.
 * `standard`: the drop of the logit against the clean photo, negative drops 0, every drop standing at the centre of its
 * patch. The logit, not the probability: a saturated softmax would hide a real drop.
 * @throws AppError 'explainer.options' where the patch is larger than the input
 * @see Zeiler and Fergus, ECCV 2014, section 4.2
 */
export const occlusion: Explainer<Options> = {
  id: 'occlusion',
  label: 'Occlusion',
  description: 'Hides one patch of the photo after the other and watches how far the class score falls.',
  variants: ['standard', 'paper'],
  options,
  explain,
}

async function explain(request: ExplainRequest<Options>): Promise<NativeMap> {
  const { width, height } = request.classifier.info.card
  const { patch, stride } = request.options
  if (patch > Math.min(width, height)) {
    throw new AppError(
      'explainer.options',
      `a patch of ${patch} pixels does not fit into an input of ${width}×${height}`,
    )
  }
  const rows = Math.floor((height - patch) / stride) + 1
  const cols = Math.floor((width - patch) / stride) + 1
  const { occluded, clean } = await classScores(request, rows, cols)
  const isFlat = occluded.every((score) => score === occluded[0])
  if (request.variant === 'paper') {
    return {
      kind: 'grid',
      rows,
      cols,
      // equal scores as zeros: the zoom keeps those exact, where min-max would blow rounding up to a map
      values: isFlat ? new Float64Array(occluded.length) : occluded,
      steps: [{ op: 'zoom-cubic' }, { op: 'invert-minmax' }],
      ...(isFlat ? { note: 'flat' } : {}),
    }
  }
  const drops = occluded.map((score) => clean - score)
  const isWithoutEvidence = drops.every((drop) => drop <= 0)
  const note = isFlat ? 'flat' : isWithoutEvidence ? 'no-positive-evidence' : undefined
  return {
    kind: 'grid',
    rows,
    cols,
    values: drops,
    steps: [{ op: 'relu' }, { op: 'patch-centres', patch, stride, size: { width, height } }, { op: 'divide-by-max' }],
    ...(note === undefined ? {} : { note }),
  }
}

/** The explained logit with each patch hidden, row by row, and for the clean photo. */
async function classScores(
  request: ExplainRequest<Options>,
  rows: number,
  cols: number,
): Promise<{ occluded: Float64Array; clean: number }> {
  const { classifier, input, signal, onProgress } = request
  const { patch, stride, fill } = request.options
  const { width, height } = classifier.info.card
  const filling = fillingOf(input, { width, height, fill, patch })
  const nPatches = rows * cols
  const logits = await occludedLogits(
    classifier,
    { input, filling, width },
    { patch, stride, rows, cols },
    { signal, onProgress: (done) => onProgress(done / (nPatches + 1)) },
  )
  const clean = classScore(await classifier.cleanLogits(input), request)
  onProgress(1)
  const { nClasses } = classifier.info
  const scoreOf = (index: number): number =>
    classScore(logits.subarray(index * nClasses, (index + 1) * nClasses), request)
  return { occluded: Float64Array.from({ length: nPatches }, (_, i) => scoreOf(i)), clean }
}

interface Filling {
  readonly width: number
  readonly height: number
  readonly fill: Options['fill']
  readonly patch: number
}

/** The image that shows through the patches, [height, width, 3]. */
function fillingOf(input: Float32Array, { width, height, fill, patch }: Filling): Float32Array {
  if (fill === 'blur') return gaussianBlur(input, { width, height, channels: 3, sigma: patch / 2 })
  if (fill !== 'mean') return new Float32Array(input.length).fill(fill)
  const sums = [0, 0, 0]
  for (let i = 0; i < input.length; i++) sums[i % 3]! += input[i]!
  const means = sums.map((sum) => (sum * 3) / input.length)
  return Float32Array.from(input, (_, i) => means[i % 3]!)
}
