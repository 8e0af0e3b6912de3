import * as tf from '@tensorflow/tfjs'
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import { filterGradient, inputGradient } from './convolution-gradients.ts'
import { depthwiseFilterGradient, depthwiseInputGradient } from './depthwise-gradients.ts'
import { averagePoolGradient, maxPoolGradient, type PoolAttributes } from './pooling-gradients.ts'
import { slice, type SliceAttributes } from './slice.ts'
import type { Shape4D, WindowAttributes } from './windows.ts'

interface Call {
  readonly backend: BackendWasm
  readonly inputs: Readonly<Record<string, tf.Tensor4D>>
  /** sizes and places of the windows; which ones depends on the kernel */
  readonly attributes: WindowAttributes & PoolAttributes & { inputShape: Shape4D; filterShape: Shape4D }
}

type Kernel = (call: Call) => tf.TensorInfo

const kernels: Readonly<Record<string, Kernel>> = {
  [tf.Conv2DBackpropInput]: ({ inputs, attributes }) =>
    tf.tidy(() => inputGradient(inputs['dy']!, inputs['filter']!, attributes.inputShape, attributes)),
  [tf.Conv2DBackpropFilter]: ({ inputs, attributes }) =>
    tf.tidy(() => filterGradient(inputs['x']!, inputs['dy']!, attributes.filterShape, attributes)),
  [tf.DepthwiseConv2dNativeBackpropInput]: ({ inputs, attributes }) =>
    tf.tidy(() => depthwiseInputGradient(inputs['dy']!, inputs['filter']!, attributes.inputShape, attributes)),
  [tf.DepthwiseConv2dNativeBackpropFilter]: ({ inputs, attributes }) =>
    tf.tidy(() => depthwiseFilterGradient(inputs['x']!, inputs['dy']!, attributes.filterShape, attributes)),
  [tf.AvgPoolGrad]: ({ backend, inputs, attributes }) =>
    averagePoolGradient(backend, inputs['dy']!, inputs['input']!.shape, attributes),
  [tf.MaxPoolGrad]: ({ backend, inputs, attributes }) =>
    maxPoolGradient(backend, { x: inputs['input']!, y: inputs['output']!, dy: inputs['dy']! }, attributes),
}

/** What TF.js calls a kernel with: it promises descriptions of tensors, and hands over whole ones. */
interface RawCall {
  readonly backend: BackendWasm
  readonly inputs: Call['inputs']
  readonly attrs: unknown
}

let isRegistered = false

/**
 * Completes the wasm backend of this process for training: the gradient kernels that it lacks (convolution kernel,
 * depthwise input and kernel), right ones for pooling, a faster one for a convolution's input, and slices that do not
 * copy their input first. May be called again.
 */
export function registerWasmKernels(): void {
  if (isRegistered) return
  isRegistered = true
  for (const [kernelName, run] of Object.entries(kernels)) {
    const kernelFunc = (call: unknown): tf.TensorInfo => {
      const { backend, inputs, attrs } = call as RawCall
      return run({ backend, inputs, attributes: attrs as Call['attributes'] })
    }
    replaceKernel({ kernelName, backendName: 'wasm', kernelFunc })
  }
  replaceSlice()
}

function replaceSlice(): void {
  const original = tf.getKernel(tf.Slice, 'wasm')
  const kernelFunc = (call: unknown): tf.TensorInfo | tf.TensorInfo[] => {
    const { backend, inputs, attrs } = call as RawCall
    const x = inputs['x']!
    const isNumeric = x.dtype === 'float32' || x.dtype === 'int32' || x.dtype === 'bool'
    return isNumeric ? slice(backend, x, attrs as SliceAttributes) : original.kernelFunc(call as never)
  }
  replaceKernel({ ...original, kernelFunc })
}

function replaceKernel(kernel: tf.KernelConfig): void {
  const isThere = tf.getKernelsForBackend('wasm').some(({ kernelName }) => kernelName === kernel.kernelName)
  if (isThere) tf.unregisterKernel(kernel.kernelName, 'wasm')
  tf.registerKernel(kernel)
}
