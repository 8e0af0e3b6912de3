import { z } from 'zod'
import { AppError } from '../contract/errors.ts'

/** Far above any classifier's input; keeps a broken header from asking for gigabytes. */
const side = z.int().min(1).max(8192)

const renderStep = z.discriminatedUnion('op', [
  /** Negative values become 0. */
  z.strictObject({ op: z.literal('relu') }),
  /** `zoomCubic` to the rendered size. */
  z.strictObject({ op: z.literal('zoom-cubic') }),
  /** `resizeBilinear` to the rendered size. */
  z.strictObject({ op: z.literal('bilinear') }),
  /** `upsamplePatches` to the rendered size. */
  z.strictObject({
    op: z.literal('patch-centres'),
    patch: side,
    stride: side,
    size: z.strictObject({ width: side, height: side }),
  }),
  /** 1 − (x − min) / (max − min); all zeros where max = min. */
  z.strictObject({ op: z.literal('invert-minmax') }),
  /** x / max; all zeros where max ≤ 0. */
  z.strictObject({ op: z.literal('divide-by-max') }),
])

const mapNote = z.enum(['flat', 'no-positive-evidence', 'saturated'])

const nativeHeader = z.strictObject({
  kind: z.literal('grid'),
  rows: side,
  cols: side,
  steps: z.array(renderStep).max(16),
  note: mapNote.exactOptional(),
})

/** One step from the numbers that an explainer computed to the map that is scored; plain data, so that it is stored. */
export type RenderStep = z.infer<typeof renderStep>

/**
 * What an explainer wants to have said beside its map: `flat` (every perturbation gave the same score),
 * `no-positive-evidence` (nothing speaks for the class), `saturated` (the gradient is 0 everywhere).
 */
export type MapNote = z.infer<typeof mapNote>

/**
 * An explanation map as its explainer computed it: small and exact; `renderMap` makes the dense map of it. One kind
 * today; maps over segments become a second member, told apart by `kind`.
 */
export interface NativeMap {
  readonly kind: 'grid'
  readonly rows: number
  readonly cols: number
  /** Row-major, rows × cols, finite, any sign. */
  readonly values: Float64Array
  /** Applied in order, see `renderMap`. */
  readonly steps: readonly RenderStep[]
  readonly note?: MapNote
}

/** A native map in the two parts that the store keeps. */
export interface EncodedNativeMap {
  /** JSON of everything but the values. */
  readonly header: string
  /** The values, little-endian float64. */
  readonly values: Uint8Array
}

/**
 * Splits a native map into what the store keeps; `decodeNative` is the inverse, bit for bit.
 * @throws AppError 'map.format'; 'map.not-finite'
 */
export function encodeNative(native: NativeMap): EncodedNativeMap {
  requireValidNative(native)
  const { values, ...header } = native
  // Typed arrays are little-endian on every platform that this program is built for.
  return { header: JSON.stringify(header), values: new Uint8Array(values.slice().buffer) }
}

/**
 * Puts a stored native map together again and checks all of it.
 * @throws AppError 'map.format' (not JSON, an unknown step, wrong number of bytes); 'map.not-finite'
 */
export function decodeNative(encoded: EncodedNativeMap): NativeMap {
  if (encoded.values.length % 8 !== 0) {
    throw new AppError('map.format', `${encoded.values.length} bytes are no whole number of float64 values`)
  }
  // A copy starts at offset 0: the stored bytes may begin anywhere in a larger buffer.
  const values = new Float64Array(Uint8Array.from(encoded.values).buffer)
  const native = { ...parseHeader(encoded.header), values }
  requireValidNative(native)
  return native
}

/**
 * Checks that the values fill the grid and are finite.
 * @throws AppError 'map.format'; 'map.not-finite'
 */
export function requireValidNative(native: NativeMap): void {
  const { rows, cols, values } = native
  if (rows * cols !== values.length) {
    throw new AppError('map.format', `the grid has ${rows}×${cols} cells, there are ${values.length} values`)
  }
  const broken = values.findIndex((value) => !Number.isFinite(value))
  if (broken >= 0) {
    throw new AppError('map.not-finite', `value ${broken} of the explanation map is ${values[broken]!}`, {
      hint: 'The classifier gave no usable number here; its weights may be broken.',
      data: { index: broken },
    })
  }
}

function parseHeader(text: string): z.infer<typeof nativeHeader> {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new AppError('map.format', 'the header of the explanation map is not JSON', { cause })
  }
  const parsed = nativeHeader.safeParse(json)
  if (!parsed.success) {
    throw new AppError('map.format', `the header of the explanation map is broken: ${z.prettifyError(parsed.error)}`)
  }
  return parsed.data
}
