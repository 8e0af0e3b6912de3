import { z } from 'zod'
import { AppError } from '#common/contract/errors.ts'
import type { MapNote, SegmentsMap } from '#common/explanation/native-map.ts'
import { logitsInBatches } from '#main/tensor/classifier.ts'
import { classScore } from '../class-score.ts'
import type { Explainer, ExplainRequest } from '../explainer.ts'
import { segmenterOptions, segmenters } from '../segmenters/registry.ts'
import type { Segmentation } from '../segmenters/segmenter.ts'
import { segmentHider } from './hidden-segments.ts'
import { drawPerturbations, sampleWeights } from './perturbations.ts'
import { fitWeightedRidge } from './weighted-ridge.ts'

const options = z.strictObject({
  samples: z.coerce
    .number()
    .int()
    .min(1)
    .max(20_000)
    .default(1000)
    .describe('photos with hidden segments that are tried'),
  features: z.coerce.number().int().min(1).max(2000).default(5).describe('segments in the explanation, at most'),
  seed: z.coerce.number().int().min(0).max(4_294_967_295).default(42).describe('of the choice of hidden segments'),
  segmenter: z
    .enum(Object.keys(segmenters) as [keyof typeof segmenters])
    .default('quickshift')
    .describe('what divides the photo into segments: quickshift, slic or grid'),
  ...segmenterOptions,
})
type Options = z.output<typeof options>

/**
 * LIME: a linear model of how the class probability depends on which segments of the photo are visible. The same numbers
 * as lime 0.2.0.1 gives for the same seed: perturbations, weights, the ridge over all segments, and the choice of the
 * `features` segments with the largest positive coefficients.
 *
 * `paper`: the chosen segments are 1, all else 0, as the ObAlEx authors scored it. `standard`: the chosen segments with
 * their coefficients, the largest as 1: what the linear model says, where the other variant forgets how much each segment
 * counts. The native map holds the coefficients of all segments, of either sign.
 * @throws AppError 'explainer.options' for more than 2000 segments; 'map.not-finite' where the classifier gives no number
 * @see Ribeiro et al., KDD 2016
 * @see https://github.com/marcotcr/lime/blob/0.2.0.1/lime/lime_image.py
 */
export const lime: Explainer<Options> = {
  id: 'lime',
  label: 'LIME',
  description: 'Hides random segments of the photo and fits which of them the class probability depends on.',
  variants: ['standard', 'paper'],
  options,
  explain,
}

async function explain(request: ExplainRequest<Options>): Promise<SegmentsMap> {
  const { classifier, photo, options, signal, onProgress } = request
  const { width, height } = classifier.info.card
  signal.throwIfAborted()
  const segmentation = segmenters[options.segmenter].segment({ data: photo, width, height }, options)
  const { labels, nSegments } = segmentation
  requireFittable(nSegments)
  if (nSegments === 1) {
    onProgress(1)
    return nativeMap({ labels, values: new Float64Array(1), chosen: [], note: 'one-segment' }, request)
  }
  const rows = drawPerturbations(options.samples, nSegments, options.seed)
  const scores = await perturbedScores(request, segmentation, rows)
  const fit = fitWeightedRidge({ rows, nFeatures: nSegments, weights: sampleWeights(rows, nSegments), values: scores })
  const isFlat = scores.every((score) => score === scores[0])
  // equal scores leave coefficients of rounding
  const values = isFlat ? new Float64Array(nSegments) : fit.coefficients
  const chosen = largestPositive(values, options.features)
  const note = isFlat ? 'flat' : chosen.length === 0 ? 'no-positive-evidence' : undefined
  return nativeMap({ labels, values, chosen, note }, request)
}

/** The fit takes the third power of the segments in time and the second in memory: this many take it a few seconds. */
const maxSegments = 2000

function requireFittable(nSegments: number): void {
  if (nSegments <= maxSegments) return
  throw new AppError(
    'explainer.options',
    `the photo falls into ${nSegments} segments, LIME fits ${maxSegments} at most`,
    {
      hint: 'Choose larger segments.',
    },
  )
}

/** Probability of the class, or how far it is above that of the other one, for each sample. */
async function perturbedScores(
  request: ExplainRequest<Options>,
  segmentation: Segmentation,
  rows: Uint8Array,
): Promise<Float64Array> {
  const { classifier, input, photo, signal, onProgress } = request
  const { nClasses, card } = classifier.info
  const { nSegments } = segmentation
  const n = rows.length / nSegments
  const hide = segmentHider({ ...segmentation, photo, input, preprocessing: card.preprocess })
  const logits = await logitsInBatches(
    classifier,
    n,
    (i, target) => hide(rows.subarray(i * nSegments, (i + 1) * nSegments), target),
    { signal, onProgress: (done) => onProgress(done / n) },
  )
  return Float64Array.from({ length: n }, (_, i) => {
    const probabilities = classifier.probabilities(logits.subarray(i * nClasses, (i + 1) * nClasses))
    const score = classScore(probabilities, request)
    if (Number.isFinite(score)) return score
    throw new AppError('map.not-finite', `the classifier gave ${score} for sample ${i} of ${n}`, {
      hint: 'Its weights may be broken.',
      data: { index: i },
    })
  })
}

/** Segments with positive coefficients, the largest first, n at most. */
function largestPositive(coefficients: Float64Array, n: number): number[] {
  return Array.from(coefficients.keys())
    .filter((i) => coefficients[i]! > 0)
    .sort((a, b) => coefficients[b]! - coefficients[a]!)
    .slice(0, n)
}

interface Weights {
  readonly labels: Uint16Array
  readonly values: Float64Array
  readonly chosen: number[]
  readonly note: MapNote | undefined
}

function nativeMap(
  { labels, values, chosen, note }: Weights,
  { classifier, variant }: ExplainRequest<Options>,
): SegmentsMap {
  const { width, height } = classifier.info.card
  return {
    kind: 'segments',
    width,
    height,
    labels,
    values,
    steps: [
      { op: 'keep', segments: chosen },
      ...(variant === 'paper' ? ([{ op: 'binary' }] as const) : ([{ op: 'relu' }, { op: 'divide-by-max' }] as const)),
    ],
    ...(note === undefined ? {} : { note }),
  }
}
