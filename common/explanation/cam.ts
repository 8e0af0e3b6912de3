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
  /** `saturated`: the gradient is 0 everywhere. `no-positive-evidence`: no cell above 0 (standard only). */
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
  const positions = gradientPositions(a, g)
  let squares = 0
  for (const value of g.data) squares += value * value
  const norm = Math.sqrt(squares / g.data.length) + authorsEpsilon
  // Adding a constant and dividing by one commute with the mean.
  const weights = channelMeans(g, positions).map((mean) => (mean + authorsEpsilon) / norm)
  const coarse = weightedSum(a, weights)
  return squares === 0 ? { weights, coarse, note: 'saturated' } : { weights, coarse }
}

/**
 * Grad-CAM as its own paper defines it: weight = mean of the gradient over the positions.
 * @param a the layer's output
 * @param g gradient of the class's LOGIT; [1×1×C] where it is the same at every position
 * @throws AppError 'shape.mismatch'
 * @see Selvaraju et al., ICCV 2017, eq. 1 and 2 (the ReLU of eq. 2 is a render step)
 */
export function gradCamStandard(a: FeatureMap, g: FeatureMap): ClassActivationMap {
  const weights = channelMeans(g, gradientPositions(a, g))
  const coarse = weightedSum(a, weights)
  if (isZero(g.data)) return { weights, coarse, note: 'saturated' }
  return coarse.some((value) => value > 0) ? { weights, coarse } : { weights, coarse, note: 'no-positive-evidence' }
}

/** Number of positions that the gradient has: all of the activation's, or one for all. */
function gradientPositions(a: FeatureMap, g: FeatureMap): number {
  const positions = g.height * g.width
  const fits = positions === 1 || (g.height === a.height && g.width === a.width)
  const isFull = a.data.length === a.height * a.width * a.channels && g.data.length === positions * g.channels
  if (!fits || !isFull || g.channels !== a.channels || g.data.length === 0) {
    const shape = (map: FeatureMap) => `${map.height}×${map.width}×${map.channels} (${map.data.length} values)`
    throw new AppError('shape.mismatch', `activation ${shape(a)} and gradient ${shape(g)} do not belong together`)
  }
  return positions
}

function channelMeans(g: FeatureMap, positions: number): Float64Array {
  const means = new Float64Array(g.channels)
  for (let at = 0; at < g.data.length; at += g.channels) {
    for (let c = 0; c < g.channels; c++) means[c]! += g.data[at + c]!
  }
  for (let c = 0; c < g.channels; c++) means[c]! /= positions
  return means
}

function weightedSum(a: FeatureMap, weights: Float64Array): Float64Array {
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
