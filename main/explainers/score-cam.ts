import { z } from 'zod'
import { resizeBilinear } from '#common/explanation/bilinear.ts'
import { weightedChannels, type FeatureMap } from '#common/explanation/cam.ts'
import type { NativeMap } from '#common/explanation/native-map.ts'
import { logitsInBatches } from '#main/tensor/classifier.ts'
import { layerOption } from './class-activation-map.ts'
import { classScore } from './class-score.ts'
import type { Explainer, ExplainRequest } from './explainer.ts'
import { scoreGradients } from './score-gradients.ts'

const options = z.strictObject({
  layer: layerOption,
  channels: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_000_000)
    .optional()
    .describe('how many channels are tried, those that vary most first; default: all'),
})
type Options = z.output<typeof options>

/**
 * Score-CAM: each channel of the last feature maps, enlarged to the photo and brought to 0…1, is laid over the photo as a
 * mask; the class's score behind it is the channel's weight. No gradient decides anything.
 *
 * The score is the logit; the weights are its softmax over the channels, so that the score of an empty photo, which the
 * method's paper subtracts, cancels. ReLU of the weighted sum, before bilinear upsampling. Channels that are the same
 * everywhere hide nothing and are left out.
 * @see Wang et al., CVPR Workshops 2020, algorithm 1
 */
export const scoreCam: Explainer<Options> = {
  id: 'scorecam',
  label: 'Score-CAM',
  description: 'Lays each feature map over the photo as a mask and weights it by the score of what is left to see.',
  variants: ['standard'],
  options,
  explain,
}

async function explain(request: ExplainRequest<Options>): Promise<NativeMap> {
  request.signal.throwIfAborted()
  const { activation, height, width, channels } = await scoreGradients(request, 'logit', request.options.layer)
  const map: FeatureMap = { height, width, channels, data: activation }
  const tried = varyingChannels(map, request.options.channels ?? channels)
  const weights = new Float64Array(channels)
  const scores = await scoresBehind(map, tried, request)
  const largest = scores.reduce((max, score) => Math.max(max, score), -Infinity)
  const powers = scores.map((score) => Math.exp(score - largest))
  const sum = powers.reduce((total, power) => total + power, 0)
  tried.forEach((channel, i) => (weights[channel] = powers[i]! / sum))
  const coarse = weightedChannels(map, weights)
  const note = tried.length === 0 ? 'flat' : coarse.some((value) => value > 0) ? undefined : 'no-positive-evidence'
  return {
    kind: 'grid',
    rows: height,
    cols: width,
    values: coarse,
    steps: [{ op: 'relu' }, { op: 'bilinear' }, { op: 'divide-by-max' }],
    ...(note === undefined ? {} : { note }),
  }
}

/** The channels that are not the same everywhere, those of the largest variance first where not all are wanted. */
function varyingChannels({ channels, data }: FeatureMap, limit: number): number[] {
  const nCells = data.length / channels
  const found = Array.from({ length: channels }, (_, channel) => {
    let [min, max, sum, squares] = [Infinity, -Infinity, 0, 0]
    for (let at = channel; at < data.length; at += channels) {
      const value = data[at]!
      if (value < min) min = value
      if (value > max) max = value
      sum += value
      squares += value * value
    }
    return { channel, min, max, variance: squares / nCells - (sum / nCells) ** 2 }
  }).filter(({ min, max }) => max > min)
  const chosen = found.length <= limit ? found : found.sort((a, b) => b.variance - a.variance).slice(0, limit)
  return chosen.map(({ channel }) => channel)
}

/** Logit of the class behind each channel. */
async function scoresBehind(
  map: FeatureMap,
  tried: readonly number[],
  request: ExplainRequest<Options>,
): Promise<Float64Array> {
  const { classifier, input, signal, onProgress } = request
  const { card, nClasses } = classifier.info
  const nCells = map.height * map.width
  const logits = await logitsInBatches(
    classifier,
    tried.length,
    (index, target) => {
      const channel = tried[index]!
      const data = Float64Array.from({ length: nCells }, (_, cell) => map.data[cell * map.channels + channel]!)
      const mask = toUnitRange(resizeBilinear({ ...map, data }, card.height, card.width).data)
      for (let at = 0; at < input.length; at++) target[at] = input[at]! * mask[Math.floor(at / 3)]!
    },
    { signal, onProgress: (done) => onProgress(done / tried.length) },
  )
  return Float64Array.from({ length: tried.length }, (_, i) =>
    classScore(logits.subarray(i * nClasses, (i + 1) * nClasses), request),
  )
}

/** In place. Enlarging a channel that varies leaves more than one value, unless the photo is smaller than the channel. */
function toUnitRange(values: Float64Array): Float64Array {
  let [min, max] = [Infinity, -Infinity]
  for (const value of values) {
    if (value < min) min = value
    if (value > max) max = value
  }
  const range = max - min || 1
  for (let i = 0; i < values.length; i++) values[i] = (values[i]! - min) / range
  return values
}
