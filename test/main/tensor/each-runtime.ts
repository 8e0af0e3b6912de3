import { describe } from 'vitest'
import { onnxRuntime } from '#main/tensor/onnx/onnx-runtime.ts'
import type { Runtime } from '#main/tensor/runtime.ts'
import { nativeRuntime } from '#main/tensor/tfjs/native-runtime.ts'
import { wasmRuntime } from '#main/tensor/tfjs/wasm-runtime.ts'
import { describeWithNative } from '../../builders/native-tensorflow.ts'

/** A suite on every runtime; that of native TensorFlow is reported as skipped where none was built. */
export function describeOnRuntimes(name: string, suite: (runtime: Runtime) => void): void {
  describe.each([onnxRuntime, wasmRuntime])(`${name} on $label`, suite)
  describeWithNative(`${name} on ${nativeRuntime.label}`, () => suite(nativeRuntime))
}
