import { AppError } from '../contract/errors.ts'
import { resizeBilinear } from './bilinear.ts'
import type { Float64Map } from './map.ts'
import { requireValidNative, type NativeMap, type RenderStep } from './native-map.ts'
import { upsamplePatches } from './patch-upsampling.ts'
import { zoomCubic } from './zoom.ts'

interface Size {
  readonly width: number
  readonly height: number
}

/**
 * The dense map of a native map at the wanted size: its steps, applied in order. A map whose grid has that size
 * already needs no resampling step.
 * @param size pixels; the classifier's input grid when the map is scored
 * @returns row-major float64, sharing no memory with `native`
 * @throws AppError 'map.format', 'map.not-finite' for a broken native map; 'shape.mismatch' where no step leads to `size`
 */
export function renderMap(native: NativeMap, size: Size): Float64Map {
  requireValidNative(native)
  let map: Float64Map = { width: native.cols, height: native.rows, data: native.values.slice() }
  for (const step of native.steps) map = applyStep(map, step, size)
  if (map.width !== size.width || map.height !== size.height) {
    throw new AppError(
      'shape.mismatch',
      `the explanation map has ${map.width}×${map.height} cells and no step that resamples it to ${size.width}×${size.height}`,
      { data: { have: [map.width, map.height], wanted: [size.width, size.height] } },
    )
  }
  return map
}

/** Steps that keep the size work in place: the map belongs to `renderMap`. */
function applyStep(map: Float64Map, step: RenderStep, size: Size): Float64Map {
  switch (step.op) {
    case 'relu':
      return relu(map)
    case 'zoom-cubic':
      return zoomCubic(map, size.height, size.width)
    case 'bilinear':
      return resizeBilinear(map, size.height, size.width)
    case 'patch-centres':
      return upsamplePatches(map, step, size.height, size.width)
    case 'invert-minmax':
      return invertMinMax(map)
    case 'divide-by-max':
      return divideByMax(map)
  }
}

function relu(map: Float64Map): Float64Map {
  const { data } = map
  for (let i = 0; i < data.length; i++) if (data[i]! < 0) data[i] = 0
  return map
}

function invertMinMax(map: Float64Map): Float64Map {
  const { data } = map
  let min = Infinity
  let max = -Infinity
  for (const value of data) {
    if (value < min) min = value
    if (value > max) max = value
  }
  const range = max - min
  if (range > 0) for (let i = 0; i < data.length; i++) data[i] = 1 - (data[i]! - min) / range
  else data.fill(0)
  return map
}

function divideByMax(map: Float64Map): Float64Map {
  const { data } = map
  let max = 0
  for (const value of data) if (value > max) max = value
  if (max > 0) for (let i = 0; i < data.length; i++) data[i]! /= max
  else data.fill(0)
  return map
}
