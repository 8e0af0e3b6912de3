import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { foldGraph } from '#main/tensor/fold.ts'
import { scoreHead, sizeOf, type Graph } from '#main/tensor/graph.ts'
import { writeOccluded } from '#main/tensor/occluded-logits.ts'
import { loadPlanned, loadWhereQuicker } from '#main/tensor/onnx/incremental/onnx-occlusion.ts'
import { possibleWindows } from '#main/tensor/onnx/incremental/plan-windows.ts'
import { poolFirst } from '#main/tensor/onnx/incremental/pool-first.ts'
import { onnxRuntime } from '#main/tensor/onnx/onnx-runtime.ts'
import type { OccludedInput, PatchGrid } from '#main/tensor/runtime.ts'
import { seededValues } from '../../layer-models.ts'
import { runNaively } from '../../naive-graph.ts'
import { buildGraph, layers } from './random-graph.ts'

const signal = new AbortController().signal

/** Scores of each hidden photo by nested loops in float64. */
function naiveScores(graph: Graph, photo: OccludedInput, grid: PatchGrid, target: number): Float64Array {
  const hidden = new Float32Array(photo.input.length)
  const n = sizeOf(graph.nodes[target]!.shape)
  const scores = new Float64Array(grid.rows * grid.cols * n)
  for (let index = 0; index < grid.rows * grid.cols; index++) {
    writeOccluded(photo, grid, index, hidden)
    scores.set(runNaively(graph, Float64Array.from(hidden))[target]!, index * n)
  }
  return scores
}

/** Largest difference as a share of the range of the expected scores, at least 1. */
function differenceOf(found: ArrayLike<number>, expected: Float64Array): number {
  expect(found.length).toBe(expected.length)
  let [largest, low, high] = [0, Infinity, -Infinity]
  expected.forEach((score, i) => {
    const difference = Math.abs(found[i]! - score)
    largest = Number.isNaN(difference) ? Infinity : Math.max(largest, difference)
    low = Math.min(low, score)
    high = Math.max(high, score)
  })
  return largest / Math.max(high - low, 1)
}

function gridOf(height: number, width: number, patch: number, stride: number): PatchGrid {
  const along = (n: number): number => Math.floor((n - patch) / stride) + 1
  return { patch, stride, rows: along(height), cols: along(width) }
}

describe('exact incremental occlusion', () => {
  it('equals computing each hidden photo in full, for any sequential or residual network and grid', async () => {
    await onnxRuntime.start()
    let nWindowed = 0
    await fc.assert(
      fc.asyncProperty(
        layers,
        fc.record({
          height: fc.integer({ min: 12, max: 26 }),
          width: fc.integer({ min: 12, max: 26 }),
          seed: fc.nat(1000),
        }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 2, max: 9 }),
        fc.constantFrom(0, 0.5, 'other'),
        fc.constantFrom(1, 2, 4),
        fc.constantFrom(1, 1 << 14, 1 << 29),
        async (list, shape, patch, stride, fill, alignment, mostBytes) => {
          const whole = buildGraph(list, shape)
          const target = scoreHead(whole).logits
          const graph = poolFirst(foldGraph(whole, new Set([target])))
          const grid = gridOf(shape.height, shape.width, patch, stride)
          const input = seededValues(shape.height * shape.width * 3, shape.seed)
          const filling =
            fill === 'other' ? seededValues(input.length, 7) : new Float32Array(input.length).fill(fill as number)
          const photo = { input, filling, width: shape.width }
          const plan = possibleWindows(graph, target, { grid, alignment })
          nWindowed += plan.windowed.size
          const network = await loadPlanned(graph, target, { plan, mostBytes })
          try {
            const found = await network.run(photo, { signal })
            expect(differenceOf(found, naiveScores(whole, photo, grid, target))).toBeLessThan(1e-5)
          } finally {
            await network.dispose()
          }
        },
      ),
      { numRuns: 60 },
    )
    expect(nWindowed).toBeGreaterThan(60)
  }, 120_000)

  const conv = { kind: 'conv', size: 3, stride: 1, mode: 'same', dilation: 1, hasBias: true } as const
  const small = buildGraph([conv, { kind: 'relu' }, conv, { kind: 'relu' }], { height: 20, width: 20, seed: 1 })
  const target = scoreHead(small).logits
  const grid = gridOf(20, 20, 4, 4)
  const photo = { input: seededValues(20 * 20 * 3, 1), filling: new Float32Array(20 * 20 * 3), width: 20 }
  const load = (mostBytes: number) =>
    loadPlanned(small, target, { plan: possibleWindows(small, target, { grid, alignment: 1 }), mostBytes })

  it('counts the patches that are done, row by row, and stops between two rows', async () => {
    for (const mostBytes of [1, 1 << 29]) {
      const network = await load(mostBytes)
      const done: number[] = []
      await network.run(photo, { signal, onProgress: (n) => done.push(n) })
      const perCall = mostBytes === 1 ? 1 : grid.cols
      expect(done).toEqual(Array.from({ length: 25 / perCall }, (_, i) => (i + 1) * perCall))
      const controller = new AbortController()
      let nRows = 0
      const stopped = network.run(photo, {
        signal: controller.signal,
        onProgress: () => {
          nRows++
          controller.abort()
        },
      })
      await expect(stopped).rejects.toThrow(/abort/)
      expect(nRows).toBe(1)
      await network.dispose()
    }
  })

  it('gives every patch the very same scores where nothing is changed', async () => {
    const network = await load(1 << 29)
    const scores = await network.run({ ...photo, filling: photo.input }, { signal })
    scores.forEach((score, i) => expect(score).toBe(scores[i % 3]))
    await network.dispose()
  })

  it('is not taken for a network that is computed in full as fast', async () => {
    expect(await loadWhereQuicker(small, target, { grid, mostBytes: 1 << 29 })).toBeNull()
  })
})
