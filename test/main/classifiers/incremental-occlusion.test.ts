import { describe, expect, it } from 'vitest'
import { IncrementalOcclusion } from '#main/classifiers/incremental-occlusion.ts'
import { writeOccluded } from '#main/tensor/occluded-logits.ts'
import type { OccludedInput, OcclusionNetwork, PatchGrid, Runtime } from '#main/tensor/runtime.ts'
import { nodeIndex, sizeOf } from '#main/tensor/graph.ts'
import { selfTestGraph, selfTestInput } from '#main/tensor/self-test.ts'
import { fakeRuntime } from '../tensor/fake-runtime.ts'
import { runNaively } from '../tensor/naive-graph.ts'

const target = nodeIndex(selfTestGraph, 'dense')
const nClasses = sizeOf(selfTestGraph.nodes[target]!.shape)
const grid: PatchGrid = { patch: 4, stride: 2, rows: 3, cols: 3 }
const photo: OccludedInput = { input: selfTestInput, filling: new Float32Array(selfTestInput.length), width: 8 }
const progress = { signal: new AbortController().signal }

const inFull = (input: Float32Array): Promise<Float32Array> =>
  Promise.resolve(Float32Array.from(runNaively(selfTestGraph, Float64Array.from(input))[target]!))

async function scoresInFull(of = grid): Promise<Float32Array> {
  const n = of.rows * of.cols
  const scores = new Float32Array(n * nClasses)
  const hidden = new Float32Array(photo.input.length)
  for (let index = 0; index < n; index++) {
    writeOccluded(photo, of, index, hidden)
    scores.set(await inFull(hidden), index * nClasses)
  }
  return scores
}

/** Counts what is loaded and disposed; its scores are those in full, changed. */
function setUp(change: (score: number) => number, load?: Runtime['loadOcclusion']) {
  const counts = { loaded: 0, run: 0, disposed: 0, inFull: 0 }
  const obstacles: string[] = []
  const loadOcclusion: Runtime['loadOcclusion'] = (_, __, of): Promise<OcclusionNetwork> => {
    counts.loaded++
    return Promise.resolve({
      run: async () => {
        counts.run++
        return (await scoresInFull(of)).map(change)
      },
      dispose: () => {
        counts.disposed++
        return Promise.resolve()
      },
    })
  }
  const incremental = new IncrementalOcclusion({
    graph: selfTestGraph,
    runtime: { ...fakeRuntime('onnx'), loadOcclusion: load ?? loadOcclusion },
    inFull: (input) => {
      counts.inFull++
      return inFull(input)
    },
    onObstacle: (reason) => obstacles.push(reason),
  })
  return { incremental, counts, obstacles }
}

describe('incremental occlusion of a classifier', () => {
  it('is loaded and compared with computing in full once a grid', async () => {
    const { incremental, counts, obstacles } = setUp((score) => score)
    const expected = await scoresInFull()
    expect(await incremental.logits(photo, grid, progress)).toEqual(expected)
    expect(await incremental.logits(photo, grid, progress)).toEqual(expected)
    expect(counts).toEqual({ loaded: 1, run: 2, disposed: 0, inFull: 2 })
    await incremental.logits(photo, { patch: 2, stride: 6, rows: 2, cols: 2 }, progress)
    expect(counts).toMatchObject({ loaded: 2, disposed: 1 })
    await incremental.dispose()
    expect(counts.disposed).toBe(2)
    expect(obstacles).toEqual([])
  })

  it.each([
    ['differ', (score: number) => score + 1e-3, /differs from computing in full by \d\.\de-\d/],
    ['are not numbers', () => NaN, /by Infinity/],
  ])('is given up where its scores %s', async (_, change, reason) => {
    const { incremental, counts, obstacles } = setUp(change)
    expect(await incremental.logits(photo, grid, progress)).toBeNull()
    expect(await incremental.logits(photo, grid, progress)).toBeNull()
    expect(counts).toMatchObject({ loaded: 1, run: 1, disposed: 1 })
    expect(obstacles).toEqual([expect.stringMatching(reason)])
  })

  it('is given up where it cannot be loaded, and not tried where a runtime has no way to', async () => {
    const failing = setUp(Number, () => Promise.reject(new Error('no such operator')))
    expect(await failing.incremental.logits(photo, grid, progress)).toBeNull()
    expect(failing.obstacles).toEqual(['no such operator'])
    const { loadOcclusion: _, ...without } = { ...fakeRuntime('wasm'), loadOcclusion: undefined }
    const none = new IncrementalOcclusion({
      graph: selfTestGraph,
      runtime: without,
      inFull,
      onObstacle: (reason) => expect.fail(reason),
    })
    expect(await none.logits(photo, grid, progress)).toBeNull()
  })

  it('leaves computing in full to the caller where that is as fast, without a word', async () => {
    const { incremental, obstacles } = setUp(Number, () => Promise.resolve(null))
    expect(await incremental.logits(photo, grid, progress)).toBeNull()
    expect(obstacles).toEqual([])
  })

  it('stays usable after it was cancelled', async () => {
    const controller = new AbortController()
    const { incremental, obstacles } = setUp((score) => {
      controller.abort()
      return score
    }, undefined)
    const failing = setUp(Number, () => {
      controller.abort()
      return Promise.reject(new Error('cancelled'))
    })
    await expect(failing.incremental.logits(photo, grid, { signal: controller.signal })).rejects.toThrow(/abort/)
    expect(failing.obstacles).toEqual([])
    expect(await incremental.logits(photo, grid, progress)).toEqual(await scoresInFull())
    expect(obstacles).toEqual([])
  })
})
