import { AppError } from '../contract/errors.ts'
import { resizeBilinear } from './bilinear.ts'
import type { Float64Map } from './map.ts'
import {
  requireValidNative,
  type GridMap,
  type NativeMap,
  type RenderStep,
  type SegmentsMap,
  type SegmentStep,
} from './native-map.ts'
import { upsamplePatches } from './patch-upsampling.ts'
import { zoomCubic } from './zoom.ts'

interface Size {
  readonly width: number
  readonly height: number
}

/**
 * The dense map of a native map at the wanted size: its steps, applied in order. A map whose grid has that size
 * already needs no resampling step. Of segments, the steps change the segments' values; then every pixel gets its
 * segment's.
 * @param size pixels; the classifier's input grid when the map is scored
 * @returns row-major float64, sharing no memory with `native`
 * @throws AppError 'map.format', 'map.not-finite' for a broken native map; 'shape.mismatch' where no step leads to `size`
 */
export function renderMap(native: NativeMap, size: Size): Float64Map {
  requireValidNative(native)
  const map = native.kind === 'grid' ? renderGrid(native, size) : paintSegments(native)
  if (map.width !== size.width || map.height !== size.height) {
    throw new AppError(
      'shape.mismatch',
      `the explanation map has ${map.width}×${map.height} cells and no step that resamples it to ${size.width}×${size.height}`,
      { data: { have: [map.width, map.height], wanted: [size.width, size.height] } },
    )
  }
  return map
}

function renderGrid({ rows, cols, values, steps }: GridMap, size: Size): Float64Map {
  let map: Float64Map = { width: cols, height: rows, data: values.slice() }
  for (const step of steps) map = applyStep(map, step, size)
  return map
}

function paintSegments({ width, height, labels, values, steps }: SegmentsMap): Float64Map {
  const weights = values.slice()
  for (const step of steps) applyValueStep(weights, step)
  return { width, height, data: Float64Array.from(labels, (label) => weights[label]!) }
}

/** Steps that keep the size work in place: the map belongs to `renderMap`. */
function applyStep(map: Float64Map, step: RenderStep, size: Size): Float64Map {
  switch (step.op) {
    case 'zoom-cubic':
      return zoomCubic(map, size.height, size.width)
    case 'bilinear':
      return resizeBilinear(map, size.height, size.width)
    case 'patch-centres':
      return upsamplePatches(map, step, size.height, size.width)
    default:
      applyValueStep(map.data, step)
      return map
  }
}

/** In place. */
function applyValueStep(values: Float64Array, step: SegmentStep): void {
  switch (step.op) {
    case 'relu':
      for (let i = 0; i < values.length; i++) if (values[i]! < 0) values[i] = 0
      return
    case 'binary':
      for (let i = 0; i < values.length; i++) values[i] = values[i]! > 0 ? 1 : 0
      return
    case 'keep':
      keepOnly(values, step.segments)
      return
    case 'minmax': {
      spread(values, (share) => share)
      return
    }
    case 'invert-minmax': {
      spread(values, (share) => 1 - share)
      return
    }
    case 'divide-by-max':
      divideByMax(values)
      return
  }
}

function keepOnly(values: Float64Array, segments: readonly number[]): void {
  const kept = segments.map((segment) => values[segment]!)
  values.fill(0)
  segments.forEach((segment, i) => (values[segment] = kept[i]!))
}

/** Puts what `place` gives for each value's share of the range; all zeros where there is no range. */
function spread(values: Float64Array, place: (share: number) => number): void {
  let min = Infinity
  let max = -Infinity
  for (const value of values) {
    if (value < min) min = value
    if (value > max) max = value
  }
  const range = max - min
  if (range > 0) for (let i = 0; i < values.length; i++) values[i] = place((values[i]! - min) / range)
  else values.fill(0)
}

function divideByMax(values: Float64Array): void {
  let max = 0
  for (const value of values) if (value > max) max = value
  if (max > 0) for (let i = 0; i < values.length; i++) values[i]! /= max
  else values.fill(0)
}
