import fc from 'fast-check'
import * as tf from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { wasmRuntime } from '#main/tensor/tfjs/wasm-runtime.ts'
import { registerWasmKernels } from '#main/tensor/tfjs/wasm-kernels/register.ts'

beforeAll(async () => {
  await wasmRuntime.start()
  registerWasmKernels()
  await tf.setBackend('wasm')
})

const axis = fc
  .record({ length: fc.integer({ min: 1, max: 6 }), from: fc.nat(5), to: fc.nat(5) })
  .map(({ length, from, to }) => {
    const begin = Math.min(from, length - 1)
    return { length, begin, size: Math.max(1, Math.min(to, length) - begin) }
  })

/** Element by element, by index arithmetic. */
function naiveSlice(values: ArrayLike<number>, shape: number[], begin: number[], size: number[]): number[] {
  const n = size.reduce((product, length) => product * length, 1)
  return Array.from({ length: n }, (_, flat) => {
    let [rest, at, stride] = [flat, 0, 1]
    for (let a = shape.length - 1; a >= 0; a--) {
      at += ((rest % size[a]!) + begin[a]!) * stride
      rest = Math.floor(rest / size[a]!)
      stride *= shape[a]!
    }
    return values[at]!
  })
}

describe('slices on wasm', () => {
  it('equal a plain loop, for any box in one to six axes, of every numeric type', () => {
    const type = fc.constantFrom('float32' as const, 'int32' as const, 'bool' as const)
    fc.assert(
      fc.property(fc.array(axis, { minLength: 1, maxLength: 6 }), type, (axes, dtype) => {
        const [shape, begin, size] = [axes.map((a) => a.length), axes.map((a) => a.begin), axes.map((a) => a.size)]
        const values = Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) =>
          dtype === 'bool' ? (i % 3) & 1 : i,
        )
        const x = tf.tensor(values, shape, dtype)
        const y = tf.slice(x, begin, size)
        expect(y.shape).toEqual(size)
        expect(y.dtype).toBe(dtype)
        expect([...y.dataSync()]).toEqual(naiveSlice(values, shape, begin, size))
        tf.dispose([x, y])
      }),
      { numRuns: 200 },
    )
  })

  it('copies long runs', () => {
    const x = tf.reshape(tf.range(0, 3000), [3, 10, 100])
    const y = tf.slice(x, [1, 2, 10], [2, 7, 80])
    expect([...y.dataSync()]).toEqual(naiveSlice(x.dataSync(), [3, 10, 100], [1, 2, 10], [2, 7, 80]))
    tf.dispose([x, y])
  })

  it('takes −1 and a missing size for the rest', () => {
    const x = tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3])
    expect([...tf.slice(x, [0, 1], [-1, 2]).dataSync()]).toEqual([2, 3, 5, 6])
    expect([...tf.slice(x, [1, 1]).dataSync()]).toEqual([5, 6])
    expect([...tf.slice(x, 1).dataSync()]).toEqual([4, 5, 6])
    x.dispose()
  })

  it('still slices strings', () => {
    expect(tf.slice(tf.tensor1d(['a', 'b', 'c']), [1], [2]).dataSync()).toEqual(['b', 'c'])
  })
})
