import fc from 'fast-check'
import * as tf from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { wasmRuntime } from '#main/tensor/tfjs/wasm-runtime.ts'
import { lossIds, lossOf, type LossId } from '#main/training/losses.ts'

beforeAll(async () => {
  await wasmRuntime.start()
  await tf.setBackend('wasm')
})

type Rows = readonly (readonly number[])[]
type Activation = 'softmax' | 'sigmoid'

const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z))
const softmaxOf = (row: readonly number[]): number[] => {
  const exponentials = row.map((z) => Math.exp(z - Math.max(...row)))
  return exponentials.map((e) => e / exponentials.reduce((a, b) => a + b, 0))
}
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length
const binary = (p: number, t: number): number => -(t * Math.log(p) + (1 - t) * Math.log(1 - p))

/** The definitions, in float64. */
const naive: Record<LossId, (logits: Rows, labels: Rows, activation: Activation) => number> = {
  'categorical-crossentropy': (logits, labels) =>
    mean(logits.map((row, i) => -softmaxOf(row).reduce((sum, p, k) => sum + labels[i]![k]! * Math.log(p), 0))),
  'binary-crossentropy-logits': (logits, labels) =>
    mean(logits.flatMap((row, i) => row.map((z, k) => binary(sigmoid(z), labels[i]![k]!)))),
  'binary-crossentropy-probabilities': (logits, labels, activation) =>
    mean(
      logits.flatMap((row, i) => {
        const probabilities = activation === 'softmax' ? softmaxOf(row) : row.map(sigmoid)
        return probabilities.map((p, k) => binary(Math.min(Math.max(p, 1e-7), 1 - 1e-7), labels[i]![k]!))
      }),
    ),
}

function evaluate(id: LossId, logits: Rows, labels: Rows, activation: Activation = 'softmax') {
  const z = tf.tensor2d(logits.map((row) => [...row]))
  const t = tf.tensor2d(labels.map((row) => [...row]))
  const { value, grad } = tf.valueAndGrad((x) => lossOf(id, x as tf.Tensor2D, t, activation))(z)
  const result = { value: value.dataSync()[0]!, gradient: [...grad.dataSync()] }
  tf.dispose([z, t, value, grad])
  return result
}

const batch = fc
  .record({ n: fc.integer({ min: 1, max: 4 }), classes: fc.integer({ min: 2, max: 4 }), seed: fc.integer() })
  .chain(({ n, classes }) =>
    fc.record({
      logits: fc.array(
        fc.array(fc.float({ min: -3, max: 3, noNaN: true }), { minLength: classes, maxLength: classes }),
        { minLength: n, maxLength: n },
      ),
      hot: fc.array(fc.integer({ min: 0, max: classes - 1 }), { minLength: n, maxLength: n }),
    }),
  )
const oneHot = (hot: readonly number[], classes: number): number[][] =>
  hot.map((label) => Array.from({ length: classes }, (_, k) => (k === label ? 1 : 0)))

const cases = lossIds.flatMap((id): [LossId, Activation][] =>
  id === 'categorical-crossentropy'
    ? [[id, 'softmax']]
    : [
        [id, 'softmax'],
        [id, 'sigmoid'],
      ],
)

describe.each(cases)('%s after %s', (id, activation) => {
  // 1 − p loses digits in float32 where p is near 1; the forms through the logits do not
  const tolerance = id === 'binary-crossentropy-probabilities' ? 1e-4 : 1e-5

  it('has the value of its definition', () => {
    fc.assert(
      fc.property(batch, ({ logits, hot }) => {
        const labels = oneHot(hot, logits[0]!.length)
        const expected = naive[id](logits, labels, activation)
        expect(Math.abs(evaluate(id, logits, labels, activation).value - expected)).toBeLessThan(
          tolerance * Math.max(1, expected),
        )
      }),
      { numRuns: 40 },
    )
  })

  it('has the gradient of its definition', () => {
    const [logits, labels] = [
      [
        [0.5, -1.25, 2],
        [-3, 0, 0.75],
      ],
      oneHot([0, 2], 3),
    ]
    const { gradient } = evaluate(id, logits, labels, activation)
    gradient.forEach((found, at) => {
      const [above, below] = [1e-5, -1e-5].map((delta) => {
        const moved = logits.map((row, i) => row.map((z, k) => (i * 3 + k === at ? z + delta : z)))
        return naive[id](moved, labels, activation)
      })
      expect(Math.abs(found - (above! - below!) / 2e-5)).toBeLessThan(1e-5)
    })
  })
})

describe('losses at their ends', () => {
  const [right, wrong] = [[[60, -60]], [[-60, 60]]]
  const labels = [[1, 0]]

  it('stay finite through the logits, however sure and wrong the network is', () => {
    expect(evaluate('categorical-crossentropy', wrong, labels).value).toBeCloseTo(120, 4)
    expect(evaluate('categorical-crossentropy', right, labels).value).toBeCloseTo(0, 10)
    expect(evaluate('binary-crossentropy-logits', wrong, labels).value).toBeCloseTo(60, 4)
    expect(evaluate('binary-crossentropy-logits', wrong, labels).gradient).toEqual([-0.5, 0.5])
  })

  it('are clipped where they go by the probabilities, and then have no gradient', () => {
    const { value, gradient } = evaluate('binary-crossentropy-probabilities', wrong, labels)
    // 1 − 1e-7 is not exact in float32
    expect(value).toBeCloseTo((-Math.log(1e-7) - Math.log(1.1920929e-7)) / 2, 3)
    expect(gradient.map(Math.abs)).toEqual([0, 0])
  })

  it('differ as the README of the goldens says: Keras’s binary cross-entropy is no longer that of the probabilities', () => {
    const logits = [[2, -3]]
    const ofLogits = evaluate('binary-crossentropy-logits', logits, [[0, 1]]).value
    const ofProbabilities = evaluate('binary-crossentropy-probabilities', logits, [[0, 1]]).value
    expect(ofLogits).toBeCloseTo((2 + Math.log1p(Math.exp(-2)) + 3 + Math.log1p(Math.exp(-3))) / 2, 5)
    expect(ofProbabilities).toBeCloseTo(5 + Math.log1p(Math.exp(-5)), 3)
  })

  it('agree with TF.js’s own metric of the probabilities', () => {
    const logits = [
      [1, -2, 0.5],
      [0.25, 3, -1],
    ]
    const labels3 = oneHot([1, 0], 3)
    const expected = tf.tidy(
      () =>
        tf.mean(tf.metrics.binaryCrossentropy(tf.tensor2d(labels3), tf.softmax(tf.tensor2d(logits)))).dataSync()[0]!,
    )
    expect(evaluate('binary-crossentropy-probabilities', logits, labels3).value).toBeCloseTo(expected, 5)
  })

  it('refuse categorical cross-entropy after a sigmoid', () => {
    expect(() => evaluate('categorical-crossentropy', right, labels, 'sigmoid')).toThrow(
      expect.objectContaining({ code: 'training.model' }) as Error,
    )
  })
})
