import { AppError } from '../contract/errors.ts'
import type { MapNote } from './native-map.ts'

/** The output of a layer for one image, or a gradient with respect to it: [height × width × channels], channels last. */
export interface FeatureMap {
  readonly height: number
  readonly width: number
  readonly channels: number
  readonly data: Float32Array
}

/** A class activation map before it is upsampled. */
export interface ClassActivationMap {
  /** Weight of each channel. */
  readonly weights: Float64Array
  /** Σ_c weight · activation, row-major [height × width]; may be negative (no ReLU yet). */
  readonly coarse: Float64Array
  /** `saturated`: the gradient is 0 everywhere. `no-positive-evidence`: no cell above 0. `unstable`: see `gradCamPlusPlusPaper`. */
  readonly note?: MapNote
}

/** What the authors add to the gradient and to its norm, so that neither is 0. */
const authorsEpsilon = 1e-10

/**
 * Grad-CAM as the authors of ObAlEx compute it: with g = (g + 10⁻¹⁰) / (RMS(g) + 10⁻¹⁰), RMS over the whole tensor;
 * weight = mean of g over the positions.
 *
 * Where the gradient is 0 everywhere (a saturated softmax) the formula gives g = 1 for every cell and so the sum of
 * the activations: a map that says nothing about the class. It is kept, as the formula says, and noted `saturated`.
 * @param a the layer's output
 * @param g gradient of the class's SOFTMAX value; [1×1×C] where it is the same at every position
 * @throws AppError 'shape.mismatch'
 * @see the scripts of Nguyen, Oberföll, Färber, ECIR 2021
 */
export function gradCamPaper(a: FeatureMap, g: FeatureMap): ClassActivationMap {
  requireFitting(a, g)
  let squares = 0
  for (const value of g.data) squares += value * value
  const norm = Math.sqrt(squares / g.data.length) + authorsEpsilon
  // Adding a constant and dividing by one commute with the mean.
  const weights = channelMeans(g).map((mean) => (mean + authorsEpsilon) / norm)
  const coarse = weightedChannels(a, weights)
  return noted({ weights, coarse }, squares === 0 && 'saturated')
}

/**
 * Grad-CAM as its own paper defines it: weight = mean of the gradient over the positions.
 * @param a the layer's output
 * @param g gradient of the class's LOGIT; [1×1×C] where it is the same at every position
 * @throws AppError 'shape.mismatch'
 * @see Selvaraju et al., ICCV 2017, eq. 1 and 2 (the ReLU of eq. 2 is a render step)
 */
export function gradCamStandard(a: FeatureMap, g: FeatureMap): ClassActivationMap {
  requireFitting(a, g)
  const weights = channelMeans(g)
  const coarse = weightedChannels(a, weights)
  return noted({ weights, coarse }, isZero(g.data) && 'saturated')
}

/** What the standard variant of Grad-CAM++ adds to the denominator of α. */
const standardEpsilon = 1e-6

/** Sums of α that cancel to less than this share of their parts are taken for near 0. */
const cancelling = 1e-4

/**
 * Grad-CAM++ as the authors of ObAlEx compute it: with g normalised as in `gradCamPaper` and S_c = Σ A_c over the
 * positions, α = g² / (2g² + g³·S), a denominator of 0 taken as 1, divided by its sum over the positions; weight =
 * Σ max(g, 0)·α. In float32 and in their order: where 2 + g·S is near 0, the map depends on how it is rounded.
 *
 * Where the α of a channel cancel, so that they are divided by a sum near 0, the map is kept as the formula gives it and
 * noted `unstable`; a channel whose α are all 0 weighs 0, where the formula has 0/0.
 * @param a the layer's output
 * @param g gradient of the class's SOFTMAX value; [1×1×C] where it is the same at every position
 * @throws AppError 'shape.mismatch'
 * @see the scripts of Nguyen, Oberföll, Färber, ECIR 2021; their factor exp(score) cancels in the last step, x / max
 */
export function gradCamPlusPlusPaper(a: FeatureMap, g: FeatureMap): ClassActivationMap {
  requireFitting(a, g)
  const { fround } = Math
  const epsilon = fround(authorsEpsilon)
  let squares = 0
  for (const value of g.data) squares += value * value
  const norm = fround(fround(Math.sqrt(fround(squares / g.data.length))) + epsilon)
  const normalised = g.data.map((value) => fround(value + epsilon) / norm)
  const sums = new Float32Array(a.channels)
  a.data.forEach((value, at) => (sums[at % a.channels]! += value))

  const alphas = normalised.map((value, at) => {
    const square = fround(value * value)
    const denominator = fround(fround(2 * square) + fround(fround(value ** 3) * sums[at % a.channels]!))
    return square / (denominator === 0 ? 1 : denominator)
  })
  const alphaSums = new Float32Array(a.channels)
  const alphaSizes = new Float64Array(a.channels)
  alphas.forEach((alpha, at) => {
    alphaSums[at % a.channels]! += alpha
    alphaSizes[at % a.channels]! += Math.abs(alpha)
  })
  // one gradient for all positions has the same α at each, 1/n, and so the weight that its only position gives here
  const weights = new Float32Array(a.channels)
  alphas.forEach((alpha, at) => {
    const sum = alphaSums[at % a.channels]!
    if (sum !== 0) weights[at % a.channels]! += fround(Math.max(normalised[at]!, 0) * fround(alpha / sum))
  })
  const map = { weights: Float64Array.from(weights), coarse: weightedChannels(a, weights) }
  const isUnstable = alphaSums.some((sum, c) => Math.abs(sum) < cancelling * alphaSizes[c]!)
  return noted(map, squares === 0 ? 'saturated' : isUnstable && 'unstable')
}

/**
 * Grad-CAM++ as its own paper defines it, for the logit (whose second and third derivatives, through the exponential
 * that the paper puts behind it, are g² and g³): α = g² / (2g² + S·g³ + 10⁻⁶), 0 where g is 0; weight = Σ max(g, 0)·α.
 * @param a the layer's output
 * @param g gradient of the class's LOGIT; [1×1×C] where it is the same at every position
 * @throws AppError 'shape.mismatch'
 * @see Chattopadhyay et al., WACV 2018, eq. 19; 10⁻⁶ as in the widely used pytorch-grad-cam
 */
export function gradCamPlusPlusStandard(a: FeatureMap, g: FeatureMap): ClassActivationMap {
  requireFitting(a, g)
  // where the gradient is the same at every position, it counts once for each
  const repeats = (a.height * a.width) / (g.height * g.width)
  const sums = channelSums(a)
  const weights = new Float64Array(a.channels)
  g.data.forEach((value, at) => {
    if (value <= 0) return
    const c = at % a.channels
    const denominator = 2 * value ** 2 + sums[c]! * value ** 3 + standardEpsilon
    weights[c]! += denominator === 0 ? 0 : (repeats * value ** 3) / denominator
  })
  return noted({ weights, coarse: weightedChannels(a, weights) }, isZero(g.data) && 'saturated')
}

function noted(map: ClassActivationMap, note: MapNote | false): ClassActivationMap {
  if (note) return { ...map, note }
  return map.coarse.some((value) => value > 0) ? map : { ...map, note: 'no-positive-evidence' }
}

/** @throws AppError 'shape.mismatch' unless the gradient has all positions of the activation, or one for all */
function requireFitting(a: FeatureMap, g: FeatureMap): void {
  const positions = g.height * g.width
  const fits = positions === 1 || (g.height === a.height && g.width === a.width)
  const isFull = a.data.length === a.height * a.width * a.channels && g.data.length === positions * g.channels
  if (!fits || !isFull || g.channels !== a.channels || g.data.length === 0) {
    const shape = (map: FeatureMap) => `${map.height}×${map.width}×${map.channels} (${map.data.length} values)`
    throw new AppError('shape.mismatch', `activation ${shape(a)} and gradient ${shape(g)} do not belong together`)
  }
}

function channelSums({ channels, data }: FeatureMap): Float64Array {
  const sums = new Float64Array(channels)
  for (let at = 0; at < data.length; at += channels) {
    for (let c = 0; c < channels; c++) sums[c]! += data[at + c]!
  }
  return sums
}

function channelMeans(g: FeatureMap): Float64Array {
  return channelSums(g).map((sum) => sum / (g.height * g.width))
}

/** Σ_c weight · activation, row-major [height × width]. */
export function weightedChannels(a: FeatureMap, weights: ArrayLike<number>): Float64Array {
  const coarse = new Float64Array(a.height * a.width)
  for (let cell = 0; cell < coarse.length; cell++) {
    let sum = 0
    for (let c = 0, at = cell * a.channels; c < a.channels; c++, at++) sum += weights[c]! * a.data[at]!
    coarse[cell] = sum
  }
  return coarse
}

function isZero(values: Float32Array): boolean {
  return values.every((value) => value === 0)
}
