import fc from 'fast-check'
import * as tf from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { registerWasmKernels } from '#main/tensor/tfjs/wasm-kernels/register.ts'
import { wasmRuntime } from '#main/tensor/tfjs/wasm-runtime.ts'
import { seededUniform } from '../../../../builders/small-model.ts'

type Shape4D = [number, number, number, number]
type Operation = (...inputs: tf.Tensor4D[]) => tf.Tensor
type Values = readonly Float32Array[]

beforeAll(async () => {
  await wasmRuntime.start()
  registerWasmKernels()
})

const side = fc.integer({ min: 1, max: 9 })
const small = fc.integer({ min: 1, max: 3 })
const window = fc
  .record({
    n: small,
    height: side,
    width: side,
    channels: small,
    kh: fc.integer({ min: 1, max: 5 }),
    kw: fc.integer({ min: 1, max: 5 }),
    strides: fc.tuple(small, small),
    pad: fc.constantFrom('same' as const, 'valid' as const),
    nOut: small,
    seed: fc.integer(),
  })
  .filter(({ height, width, kh, kw, pad }) => pad === 'same' || (kh <= height && kw <= width))

describe('gradients on wasm, for windows of any size, stride and padding', () => {
  it('gives the cpu backend’s gradients of a convolution', async () => {
    await fc.assert(
      fc.asyncProperty(window, async ({ n, height, width, channels, kh, kw, strides, pad, nOut, seed }) => {
        const shapes: Shape4D[] = [
          [n, height, width, channels],
          [kh, kw, channels, nOut],
        ]
        await expectSameAsCpu((x, w) => tf.conv2d(x, w, strides, pad), shapes, seed)
      }),
      { numRuns: 60 },
    )
  })

  it('gives the cpu backend’s gradients of a convolution with explicit padding', async () => {
    const padding = fc.tuple(small, small, small, small)
    await fc.assert(
      fc.asyncProperty(window, padding, async ({ n, height, width, channels, kh, kw, strides, seed }, pads) => {
        const [top, bottom, left, right] = pads
        fc.pre(height + top + bottom >= kh && width + left + right >= kw)
        const pad: tf.backend_util.ExplicitPadding = [
          [0, 0],
          [top, bottom],
          [left, right],
          [0, 0],
        ]
        const shapes: Shape4D[] = [
          [n, height, width, channels],
          [kh, kw, channels, 2],
        ]
        await expectSameAsCpu((x, w) => tf.conv2d(x, w, strides, pad), shapes, seed)
      }),
      { numRuns: 30 },
    )
  })

  it('gives the cpu backend’s gradients of a depthwise convolution with any channel multiplier', async () => {
    await fc.assert(
      fc.asyncProperty(window, async ({ n, height, width, channels, kh, kw, strides, pad, nOut, seed }) => {
        const shapes: Shape4D[] = [
          [n, height, width, channels],
          [kh, kw, channels, nOut],
        ]
        await expectSameAsCpu((x, w) => tf.depthwiseConv2d(x, w, strides, pad), shapes, seed)
      }),
      { numRuns: 60 },
    )
  })

  it('gives the cpu backend’s gradient of max pooling where no two values are equal', async () => {
    await fc.assert(
      fc.asyncProperty(window, async ({ n, height, width, channels, kh, kw, strides, pad, seed }) => {
        await expectSameAsCpu((x) => tf.maxPool(x, [kh, kw], strides, pad), [[n, height, width, channels]], seed)
      }),
      { numRuns: 40 },
    )
  })
})

describe('gradients on wasm against finite differences', () => {
  it('agrees for a strided convolution', async () => {
    await expectFiniteDifferences(
      (x, w) => tf.conv2d(x, w, 2, 'same'),
      [
        [2, 6, 7, 2],
        [3, 3, 2, 3],
      ],
    )
  })

  it('agrees for a strided depthwise convolution', async () => {
    await expectFiniteDifferences(
      (x, w) => tf.depthwiseConv2d(x, w, 2, 'same'),
      [
        [2, 6, 7, 2],
        [3, 3, 2, 2],
      ],
    )
  })

  it('agrees for average pooling whose windows reach into the padding, which the cpu backend gets wrong', async () => {
    await expectFiniteDifferences((x) => tf.avgPool(x, 3, 2, 'same'), [[2, 6, 7, 2]])
  })

  it('agrees for max pooling, of negative maxima too, which the backend’s own kernel gets wrong', async () => {
    await expectFiniteDifferences((x) => tf.maxPool(tf.sub(x, 0.9), 2, 2, 'valid'), [[2, 6, 4, 2]])
    await expectFiniteDifferences((x) => tf.maxPool(tf.sub(x, 0.9), 3, 2, 'same'), [[2, 6, 5, 2]])
  })
})

it('gives the gradient of equal maxima to the first, as TensorFlow does', async () => {
  await tf.setBackend('wasm')
  const x = tf.tensor4d([1, 3, 3, 2, 3, 3, 3, 3], [1, 2, 4, 1])
  const gradient = tf.grad((value) => tf.maxPool(value as tf.Tensor4D, 2, 2, 'valid'))(
    x,
    tf.tensor4d([5, 7], [1, 1, 2, 1]),
  )
  expect([...gradient.dataSync()]).toEqual([0, 5, 7, 0, 0, 0, 0, 0])
  tf.dispose([x, gradient])
})

it('leaves no tensor behind', async () => {
  await tf.setBackend('wasm')
  const inputs = [tf.ones([2, 6, 6, 2]), tf.ones([3, 3, 2, 2])]
  const before = tf.memory().numTensors
  const composed: Operation = (x, w) =>
    tf.maxPool(tf.avgPool(tf.depthwiseConv2d(x, w, 1, 'same'), 2, 1, 'same'), 2, 2, 'valid')
  for (const operation of [composed, (x, w) => tf.conv2d(x, w, 2, 'same')] as Operation[]) {
    tf.dispose(tf.grads((...values) => operation(...(values as tf.Tensor4D[])))(inputs))
  }
  expect(tf.memory().numTensors).toBe(before)
  tf.dispose(inputs)
})

function randomValues(shapes: readonly Shape4D[], seed: number): Values {
  const uniform = seededUniform(seed)
  return shapes.map((shape) => Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => uniform() * 2 - 1))
}

/** Gradients of Σ operation(inputs) · r, r fixed numbers of both signs. */
async function gradientsOn(backend: string, operation: Operation, shapes: readonly Shape4D[], values: Values) {
  await tf.setBackend(backend)
  return tf.tidy(() => {
    const inputs = values.map((data, i) => tf.tensor4d(data, shapes[i]))
    const gradients = tf.grads((...xs) => weighted(operation(...(xs as tf.Tensor4D[]))))(inputs)
    return gradients.map((gradient) => new Float32Array(gradient.dataSync()))
  }) as unknown as Float32Array[]
}

function weighted(y: tf.Tensor): tf.Scalar {
  const weights = Float32Array.from({ length: y.size }, (_, i) => (((i * 7) % 11) - 5) / 5)
  return tf.sum(tf.mul(y, tf.tensor(weights, y.shape)))
}

async function expectSameAsCpu(operation: Operation, shapes: readonly Shape4D[], seed: number): Promise<void> {
  const values = randomValues(shapes, seed)
  const [fast, slow] = [
    await gradientsOn('wasm', operation, shapes, values),
    await gradientsOn('cpu', operation, shapes, values),
  ]
  fast.forEach((gradient, i) => expect(largestDifference(gradient, slow[i]!)).toBeLessThan(1e-4))
}

async function expectFiniteDifferences(operation: Operation, shapes: readonly Shape4D[]): Promise<void> {
  const values = randomValues(shapes, 5)
  const gradients = await gradientsOn('wasm', operation, shapes, values)
  // small enough to keep every maximum where it is, large enough for float32
  const step = 1e-3
  gradients.forEach((gradient, input) => {
    const numeric = gradient.map((_, at) => {
      const [above, below] = [step, -step].map((delta) => {
        const moved = values.map((data) => data.slice())
        moved[input]![at] = moved[input]![at]! + delta
        return tf.tidy(
          () => weighted(operation(...moved.map((data, i) => tf.tensor4d(data, shapes[i])))).dataSync()[0]!,
        )
      })
      return (above! - below!) / (2 * step)
    })
    expect(largestDifference(gradient, numeric)).toBeLessThan(5e-3)
  })
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length)
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i]!)), 0)
}
