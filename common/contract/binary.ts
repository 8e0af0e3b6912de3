import { z } from 'zod'

/** Schemas of binary values: they stay typed arrays on every link. */
export const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'bytes are expected')
export const float32s = z.custom<Float32Array>((value) => value instanceof Float32Array, 'float32 values are expected')
export const float64s = z.custom<Float64Array>((value) => value instanceof Float64Array, 'float64 values are expected')
