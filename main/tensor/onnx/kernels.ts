import type { Constant } from '../graph.ts'

/** How ONNX wants a constant: as it is, or in the order of a convolution's kernel. */
export type WeightForm = 'plain' | 'convolution' | 'depthwise'

/** A constant in a form: its shape, and how its values come about. */
export interface Weights {
  readonly shape: readonly number[]
  /** computed each time: large ones are not kept */
  read(): Float32Array
  /** the same values piece by piece, where that spares memory */
  pieces(): Iterable<Float32Array>
}

/** @returns what ONNX's Conv and ConvTranspose take for a kernel, or the constant itself */
export function weightsOf(constant: Constant, form: WeightForm): Weights {
  if (form === 'plain') {
    return {
      shape: constant.shape,
      read: () => constant.data,
      pieces: () => constant.pieces?.() ?? [constant.data],
    }
  }
  const [kh, kw, nIn, nOut] = constant.shape as [number, number, number, number]
  const [shape, reorder] =
    form === 'convolution' ? [[nOut, nIn, kh, kw], convolutionKernel] : [[nIn * nOut, 1, kh, kw], depthwiseKernel]
  return { shape, read: () => reorder(constant), pieces: () => [reorder(constant)] }
}

/** [kh, kw, in, out] → [out, in, kh, kw] */
function convolutionKernel({ shape, data }: Constant): Float32Array {
  const [kh, kw, nIn, nOut] = shape as [number, number, number, number]
  const result = new Float32Array(data.length)
  const nTaps = kh * kw
  for (let tap = 0, from = 0; tap < nTaps; tap++) {
    for (let i = 0; i < nIn; i++) {
      for (let o = 0; o < nOut; o++, from++) result[(o * nIn + i) * nTaps + tap] = data[from]!
    }
  }
  return result
}

/** [kh, kw, in, multiplier] → [in · multiplier, 1, kh, kw] */
function depthwiseKernel({ shape, data }: Constant): Float32Array {
  const [kh, kw, nIn, multiplier] = shape as [number, number, number, number]
  const result = new Float32Array(data.length)
  const nTaps = kh * kw
  const nChannels = nIn * multiplier
  for (let tap = 0, from = 0; tap < nTaps; tap++) {
    for (let channel = 0; channel < nChannels; channel++, from++) result[channel * nTaps + tap] = data[from]!
  }
  return result
}
