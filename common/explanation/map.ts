/** A dense map of numbers: row-major [height × width]; for an explanation map, values ≥ 0 of any scale. */
export interface DenseMap {
  readonly width: number
  readonly height: number
  readonly data: Float32Array | Float64Array
}

/** A dense map that this program computed: float64 throughout. */
export interface Float64Map extends DenseMap {
  readonly data: Float64Array
}
