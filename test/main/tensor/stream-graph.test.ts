import * as tf from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { lazyConstant, macsOf, type Graph } from '#main/tensor/graph.ts'
import { streamGraph } from '#main/tensor/tfjs/stream-graph.ts'
import { wasmRuntime } from '#main/tensor/tfjs/wasm-runtime.ts'
import { selfTestExpected, selfTestGraph, selfTestInput } from '#main/tensor/self-test.ts'

beforeAll(async () => {
  await wasmRuntime.start()
  await tf.setBackend('wasm')
})

describe('a graph that is run once, constant by constant', () => {
  it('gives the known numbers and leaves nothing behind', () => {
    const before = tf.memory().numTensors
    const logits = selfTestGraph.nodes.findIndex(({ name }) => name === 'dense')
    const [found, input] = streamGraph(selfTestGraph, selfTestInput, [logits, selfTestGraph.input])
    found!.forEach((value, i) => expect(value).toBeCloseTo(selfTestExpected.logits[i]!, 5))
    expect(input).toEqual(selfTestInput)
    expect(tf.memory().numTensors).toBe(before)
  })

  it('takes a dense kernel piece by piece where it is read so, and reads it only when it runs', () => {
    const values = Float32Array.from({ length: 6 * 4 }, (_, i) => (i % 7) - 3)
    const reads: string[] = []
    const kernel = lazyConstant(
      [6, 4],
      () => {
        reads.push('whole')
        return values
      },
      function* () {
        for (const [start, end] of [
          [0, 1],
          [1, 5],
          [5, 6],
        ] as const) {
          reads.push(`${start} to ${end}`)
          yield values.subarray(start * 4, end * 4)
        }
      },
    )
    const graph: Graph = {
      nodes: [
        { op: 'input', name: 'input', inputs: [], shape: [6] },
        { op: 'add', name: 'doubled', inputs: [0, 0], shape: [6] },
        { op: 'dense', name: 'dense', inputs: [1], shape: [4], kernel, bias: null },
      ],
      input: 0,
      output: 2,
    }
    expect(macsOf(graph)).toBe(25)
    expect(reads).toEqual([])
    const input = Float32Array.of(1, -2, 3, 0.5, 0, 4)
    const [found] = streamGraph(graph, input, [graph.output])
    expect(reads).toEqual(['0 to 1', '1 to 5', '5 to 6'])
    const expected = [0, 1, 2, 3].map((o) => input.reduce((sum, x, i) => sum + 2 * x * values[i * 4 + o]!, 0))
    expect([...found!]).toEqual(expected)
  })
})
