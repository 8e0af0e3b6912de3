import fc from 'fast-check'
import * as tf from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { wasmRuntime } from '#main/tensor/tfjs/wasm-runtime.ts'
import { dropOut } from '#main/training/dropout.ts'
import { epochOrder, generatorFor, uniform } from '#main/training/random.ts'

beforeAll(async () => {
  await wasmRuntime.start()
  await tf.setBackend('wasm')
})

describe('random numbers of a place', () => {
  it('are the same for the same seed and place, others for any other', () => {
    const first = (seed: number, ...place: number[]): number => generatorFor(seed, ...place).next()
    expect(first(1, 2, 3)).toBe(first(1, 2, 3))
    const others = [first(1, 2, 3), first(2, 2, 3), first(1, 3, 2), first(1, 2), first(1, 2, 3, 0), first(0, 0, 0)]
    expect(new Set(others).size).toBe(others.length)
  })

  it('show nothing of their place: first draws of neighbours are uniform', () => {
    const n = 4000
    const counts = new Array<number>(10).fill(0)
    for (let step = 0; step < n; step++) counts[Math.floor(uniform(generatorFor(5, 0, step)) * 10)]!++
    const chiSquare = counts.reduce((sum, count) => sum + (count - n / 10) ** 2 / (n / 10), 0)
    // 27.9 is exceeded once in a thousand seeds; this is one fixed seed
    expect(chiSquare).toBeLessThan(27.9)
  })
})

describe('the order of an epoch', () => {
  it('is a permutation, another one each epoch and seed, the same when asked again', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.integer(), fc.nat(1000), (n, seed, epoch) => {
        const order = epochOrder(n, { seed, epoch })
        expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i))
        expect(epochOrder(n, { seed, epoch })).toEqual(order)
      }),
    )
    expect(epochOrder(50, { seed: 1, epoch: 0 })).not.toEqual(epochOrder(50, { seed: 1, epoch: 1 }))
    expect(epochOrder(50, { seed: 1, epoch: 0 })).not.toEqual(epochOrder(50, { seed: 2, epoch: 0 }))
  })

  it('puts every image at every place equally often', () => {
    const counts = new Array<number>(16).fill(0)
    const n = 4000
    for (let epoch = 0; epoch < n; epoch++) {
      epochOrder(4, { seed: 3, epoch }).forEach((image, place) => counts[place * 4 + image]!++)
    }
    for (const count of counts) expect(Math.abs(count / n - 1 / 4)).toBeLessThan(0.03)
  })
})

describe('dropout', () => {
  const drop = (rate: number, shape: number[], place: number[]): number[] => {
    const x = tf.ones([4, 5, 5, 8])
    const y = dropOut(x, { rate, shape, seed: 9, place })
    const values = [...y.dataSync()]
    tf.dispose([x, y])
    return values
  }

  it('drops the share that is asked for and scales the rest, so that the mean stays', () => {
    const values = drop(0.25, [4, 5, 5, 8], [0, 0])
    expect(new Set(values)).toEqual(new Set([0, Math.fround(4 / 3)]))
    expect(values.filter((value) => value === 0).length / values.length).toBeCloseTo(0.25, 1)
    expect(drop(0, [4, 5, 5, 8], [0, 0])).toEqual(values.map(() => 1))
    expect(drop(1, [4, 5, 5, 8], [0, 0])).toEqual(values.map(() => 0))
  })

  it('chooses by seed and place alone', () => {
    expect(drop(0.5, [4, 5, 5, 8], [1, 2, 3])).toEqual(drop(0.5, [4, 5, 5, 8], [1, 2, 3]))
    expect(drop(0.5, [4, 5, 5, 8], [1, 2, 3])).not.toEqual(drop(0.5, [4, 5, 5, 8], [1, 2, 4]))
  })

  it('drops whole channels where the shape has 1 along rows and columns', () => {
    const values = drop(0.5, [4, 1, 1, 8], [0])
    for (let image = 0; image < 4; image++) {
      for (let channel = 0; channel < 8; channel++) {
        const own = Array.from({ length: 25 }, (_, cell) => values[(image * 25 + cell) * 8 + channel]!)
        expect(new Set(own).size).toBe(1)
      }
    }
  })
})
