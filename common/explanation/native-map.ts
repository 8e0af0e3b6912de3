import { z } from 'zod'
import { AppError } from '../contract/errors.ts'
import { decodeLabelRuns, encodeLabelRuns } from './label-runs.ts'

/** Far above any classifier's input; keeps a broken header from asking for gigabytes. */
const side = z.int().min(1).max(8192)

/** Negative values become 0. */
const relu = z.strictObject({ op: z.literal('relu') })
/** 1 where the value is above 0, else 0. */
const binary = z.strictObject({ op: z.literal('binary') })
/** (x − min) / (max − min); all zeros where max = min. */
const minMax = z.strictObject({ op: z.literal('minmax') })
/** 1 − (x − min) / (max − min); all zeros where max = min. */
const invertMinMax = z.strictObject({ op: z.literal('invert-minmax') })
/** x / max; all zeros where max ≤ 0. */
const divideByMax = z.strictObject({ op: z.literal('divide-by-max') })

const renderStep = z.discriminatedUnion('op', [
  relu,
  binary,
  minMax,
  invertMinMax,
  divideByMax,
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
])

/** Labels are 16 bits. */
const maxSegments = 65536

const segmentStep = z.discriminatedUnion('op', [
  relu,
  binary,
  minMax,
  invertMinMax,
  divideByMax,
  /** The values of all segments but these become 0. */
  z.strictObject({ op: z.literal('keep'), segments: z.array(z.int().min(0)).max(maxSegments) }),
])

const mapNote = z.enum(['flat', 'no-positive-evidence', 'saturated', 'unstable', 'one-segment'])

const gridHeader = z.strictObject({
  kind: z.literal('grid'),
  rows: side,
  cols: side,
  steps: z.array(renderStep).max(16),
  note: mapNote.exactOptional(),
})

const segmentsHeader = z.strictObject({
  kind: z.literal('segments'),
  width: side,
  height: side,
  nSegments: z.int().min(1).max(maxSegments),
  steps: z.array(segmentStep).max(16),
  note: mapNote.exactOptional(),
})

const nativeHeader = z.discriminatedUnion('kind', [gridHeader, segmentsHeader])

/** One step from the numbers that an explainer computed to the map that is scored; plain data, so that it is stored. */
export type RenderStep = z.infer<typeof renderStep>

/** The same for values of segments; none resamples. */
export type SegmentStep = z.infer<typeof segmentStep>

/**
 * What an explainer wants to have said beside its map: `flat` (every perturbation gave the same score),
 * `no-positive-evidence` (nothing speaks for the class), `saturated` (the gradient is 0 everywhere), `unstable` (the
 * formula divides by a sum near 0), `one-segment` (the photo has no parts to tell apart).
 */
export type MapNote = z.infer<typeof mapNote>

/** A map over a grid that lies evenly over the input. */
export interface GridMap {
  readonly kind: 'grid'
  readonly rows: number
  readonly cols: number
  /** Row-major, rows × cols, finite, any sign. */
  readonly values: Float64Array
  /** Applied in order, see `renderMap`. */
  readonly steps: readonly RenderStep[]
  readonly note?: MapNote
}

/** A map over the segments of the input. */
export interface SegmentsMap {
  readonly kind: 'segments'
  readonly width: number
  readonly height: number
  /** Segment of every pixel, row-major, height × width, numbered from 0. */
  readonly labels: Uint16Array
  /** One a segment, finite, any sign. */
  readonly values: Float64Array
  /** Applied in order to the values, before every pixel gets its segment's. */
  readonly steps: readonly SegmentStep[]
  readonly note?: MapNote
}

/**
 * An explanation map as its explainer computed it: small and exact; `renderMap` makes the dense map of it. The kinds
 * are told apart by `kind`.
 */
export type NativeMap = GridMap | SegmentsMap

/** A native map in the two parts that the store keeps. */
export interface EncodedNativeMap {
  /** JSON of everything but the numbers. */
  readonly header: string
  /** The values, little-endian float64; of segments, the labels after them as `encodeLabelRuns` packs them. */
  readonly values: Uint8Array
}

/**
 * Splits a native map into what the store keeps; `decodeNative` is the inverse, bit for bit.
 * @throws AppError 'map.format'; 'map.not-finite'
 */
export function encodeNative(native: NativeMap): EncodedNativeMap {
  requireValidNative(native)
  if (native.kind === 'grid') {
    const { values, ...header } = native
    return { header: JSON.stringify(header), values: bytesOf(values) }
  }
  const { values, labels, ...header } = native
  const [numbers, runs] = [bytesOf(values), bytesOf(encodeLabelRuns(labels))]
  const bytes = new Uint8Array(numbers.length + runs.length)
  bytes.set(numbers)
  bytes.set(runs, numbers.length)
  return { header: JSON.stringify({ ...header, nSegments: values.length }), values: bytes }
}

/**
 * Puts a stored native map together again and checks all of it.
 * @throws AppError 'map.format' (not JSON, an unknown step, wrong number of bytes); 'map.not-finite'
 */
export function decodeNative(encoded: EncodedNativeMap): NativeMap {
  const header = parseHeader(encoded.header)
  // A copy starts at offset 0: the stored bytes may begin anywhere in a larger buffer.
  const { buffer, byteLength } = Uint8Array.from(encoded.values)
  const native = header.kind === 'grid' ? decodeGrid(header, buffer, byteLength) : decodeSegments(header, buffer)
  requireValidNative(native)
  return native
}

function decodeGrid(header: z.infer<typeof gridHeader>, buffer: ArrayBuffer, nBytes: number): GridMap {
  if (nBytes % 8 !== 0) throw new AppError('map.format', `${nBytes} bytes are no whole number of float64 values`)
  return { ...header, values: new Float64Array(buffer) }
}

function decodeSegments({ nSegments, ...header }: z.infer<typeof segmentsHeader>, buffer: ArrayBuffer): SegmentsMap {
  const nValueBytes = 8 * nSegments
  const nRunBytes = buffer.byteLength - nValueBytes
  if (nRunBytes < 0 || nRunBytes % 4 !== 0) {
    throw new AppError('map.format', `${buffer.byteLength} bytes do not hold ${nSegments} values and runs of labels`)
  }
  return {
    ...header,
    values: new Float64Array(buffer.slice(0, nValueBytes)),
    labels: decodeLabelRuns(new Uint16Array(buffer, nValueBytes), header.width * header.height),
  }
}

/**
 * Checks that the values fill the grid, or that there is one for every label, and that they are finite.
 * @throws AppError 'map.format'; 'map.not-finite'
 */
export function requireValidNative(native: NativeMap): void {
  if (native.kind === 'grid') requireFullGrid(native)
  else requireValidSegments(native)
  const broken = native.values.findIndex((value) => !Number.isFinite(value))
  if (broken >= 0) {
    throw new AppError('map.not-finite', `value ${broken} of the explanation map is ${native.values[broken]!}`, {
      hint: 'The classifier gave no usable number here; its weights may be broken.',
      data: { index: broken },
    })
  }
}

function requireFullGrid({ rows, cols, values }: GridMap): void {
  if (rows * cols === values.length) return
  throw new AppError('map.format', `the grid has ${rows}×${cols} cells, there are ${values.length} values`)
}

function requireValidSegments({ width, height, labels, values, steps }: SegmentsMap): void {
  if (labels.length !== width * height) {
    throw new AppError('map.format', `${labels.length} labels do not fill ${width}×${height} pixels`)
  }
  let largest = 0
  for (const label of labels) if (label > largest) largest = label
  for (const step of steps)
    if (step.op === 'keep') for (const index of step.segments) largest = Math.max(largest, index)
  if (largest >= values.length) {
    throw new AppError('map.format', `there is a segment ${largest}, but ${values.length} values, numbered from 0`)
  }
}

/** Typed arrays are little-endian on every platform that this program is built for. */
function bytesOf(numbers: Float64Array | Uint16Array): Uint8Array {
  return new Uint8Array(numbers.slice().buffer)
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
