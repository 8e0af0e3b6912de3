/** For each output position along one axis, the two input samples it lies between and what they weigh. */
export interface LinearTaps {
  readonly lower: Int32Array
  readonly upper: Int32Array
  readonly lowerWeight: Float64Array
  readonly upperWeight: Float64Array
}

/**
 * The samples that scikit-image's `resize(order=1, mode='constant', anti_aliasing=False)` takes along an axis:
 * half-pixel centres, 0 outside (so a sample outside weighs 0, and an enlarged image darkens towards its border).
 * Coordinates and weights are computed in the reference's order of operations, because results are truncated or
 * compared later.
 * @param length input samples, ≥ 1
 * @param outLength output positions, ≥ 1
 * @see scikit-image 0.26 `transform.resize`; scipy 1.17 `ndimage.zoom` (grid_mode, grid-constant)
 */
export function linearTaps(length: number, outLength: number): LinearTaps {
  const taps = {
    lower: new Int32Array(outLength),
    upper: new Int32Array(outLength),
    lowerWeight: new Float64Array(outLength),
    upperWeight: new Float64Array(outLength),
  }
  const factor = length / outLength
  for (let out = 0; out < outLength; out++) {
    const at = (out + 0.5) * factor - 0.5
    const lower = Math.floor(at)
    const lowerWeight = 1 - (at - lower)
    taps.lower[out] = Math.max(lower, 0)
    taps.upper[out] = Math.min(lower + 1, length - 1)
    taps.lowerWeight[out] = lower < 0 ? 0 : lowerWeight
    taps.upperWeight[out] = lower + 1 > length - 1 ? 0 : 1 - lowerWeight
  }
  return taps
}
