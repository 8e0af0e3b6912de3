import * as tf from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { wasmRuntime } from '#main/tensor/tfjs/wasm-runtime.ts'
import { Rmsprop, type RmspropOptions } from '#main/training/rmsprop.ts'

const start = [1, -2, 0.5, 3]
/** the last weight never gets a gradient, another one a tiny one: there the two forms differ most */
const gradients = [
  [0.5, -3, 1e-4, 0],
  [0.25, 2, -2e-4, 0],
  [-1, 0, 1e-4, 0],
]

beforeAll(async () => {
  await wasmRuntime.start()
  await tf.setBackend('wasm')
})

/** Keras's formulae in float64. */
function naive({ form, learningRate: rate, rho = 0.9, epsilon = 1e-7 }: RmspropOptions): number[] {
  const v = start.map(() => 0)
  return gradients.reduce(
    (w, g) =>
      w.map((value, i) => {
        v[i] = rho * v[i]! + (1 - rho) * g[i]! ** 2
        const size = form === 'new' ? Math.sqrt(v[i] + epsilon) : Math.sqrt(v[i]) + epsilon
        return value - (rate * g[i]!) / size
      }),
    start,
  )
}

function variableOf(values: number[]): tf.LayerVariable {
  return new tf.LayerVariable(tf.tensor1d(values), 'float32', 'w')
}

function step(optimizer: Rmsprop, gradient: number[]): void {
  tf.tidy(() => optimizer.apply([tf.tensor1d(gradient)]))
}

describe('RMSprop', () => {
  it.each([
    { form: 'new', learningRate: 0.01 },
    { form: 'legacy', learningRate: 0.01 },
    { form: 'new', learningRate: 0.1, rho: 0.5, epsilon: 1e-3 },
    { form: 'legacy', learningRate: 0.1, rho: 0.5, epsilon: 1e-3 },
  ] as const)('follows the formula: %o', (options) => {
    const weight = variableOf(start)
    const optimizer = new Rmsprop({ kind: 'rmsprop', ...options }, [weight])
    for (const gradient of gradients) step(optimizer, gradient)
    const expected = naive({ kind: 'rmsprop', ...options })
    weight
      .read()
      .dataSync()
      .forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5))
    optimizer.dispose()
    weight.dispose()
  })

  it('goes on from saved means to the same bits', () => {
    const options = { kind: 'rmsprop', form: 'new', learningRate: 0.01 } as const
    const [whole, parted] = [variableOf(start), variableOf(start)]
    const optimizer = new Rmsprop(options, [whole])
    for (const gradient of gradients) step(optimizer, gradient)
    const first = new Rmsprop(options, [parted])
    step(first, gradients[0]!)
    const second = new Rmsprop(options, [parted], first.means())
    for (const gradient of gradients.slice(1)) step(second, gradient)
    expect([...parted.read().dataSync()]).toEqual([...whole.read().dataSync()])
    expect(second.means()).toEqual(optimizer.means())
    for (const owned of [optimizer, first, second, whole, parted]) owned.dispose()
  })

  it('keeps to a weight’s constraint', () => {
    const constraint = tf.constraints.nonNeg()
    const weight = new tf.LayerVariable(tf.tensor1d([0.001, 1]), 'float32', 'w', true, constraint)
    const optimizer = new Rmsprop({ kind: 'rmsprop', form: 'new', learningRate: 0.1 }, [weight])
    step(optimizer, [5, -5])
    const [low, high] = weight.read().dataSync()
    expect(low).toBe(0)
    expect(high).toBeGreaterThan(1)
    optimizer.dispose()
    weight.dispose()
  })
})
