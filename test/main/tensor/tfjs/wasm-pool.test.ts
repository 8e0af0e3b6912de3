import { Worker } from 'node:worker_threads'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { nodeIndex, type Graph } from '#main/tensor/graph.ts'
import type { Network } from '#main/tensor/runtime.ts'
import { selfTestGraph, selfTestInput } from '#main/tensor/self-test.ts'
import { loadTfjsNetwork } from '#main/tensor/tfjs/tfjs-runtime.ts'
import { startWasmBackend } from '#main/tensor/tfjs/wasm-backend.ts'
import { loadWasmNetwork } from '#main/tensor/tfjs/wasm-network.ts'
import { WasmPool } from '#main/tensor/tfjs/wasm-pool.ts'
import { generatedWeights } from '#main/compute/bench-networks.ts'
import { architectureGraph } from '#main/classifiers/architectures/registry.ts'
import { seededValues } from '../layer-models.ts'

const side = 64
const nPhotos = 21
const photos = seededValues(nPhotos * side * side * 3, 7)

/** 47 million multiply-adds a photo: four photos are a part of a batch. */
const graph = architectureGraph(
  'mobilenet',
  { inputShape: [side, side, 3], alpha: 1, head: { kind: 'top', classes: 5 } },
  generatedWeights(3),
)
const outputs = new Map([
  ['probabilities', graph.output],
  ['layer', nodeIndex(graph, 'conv_pw_13_relu')],
])
const wanted = [...outputs.keys()]

const workerFile = fileURLToPath(new URL('../../../../main/tensor/tfjs/wasm-worker.ts', import.meta.url))
const threads: Worker[] = []
const opened: Network[] = []

/** A pool whose threads are looked at from here. */
function watchedPool(most = 2, file = workerFile): WasmPool {
  const startThread = (): Worker => {
    const worker = new Worker(file)
    threads.push(worker)
    return worker
  }
  return new WasmPool({ most, startThread })
}

async function load(pool: WasmPool, of: Graph = graph): Promise<Network> {
  const network = await loadWasmNetwork(of, of === graph ? outputs : new Map([['probabilities', of.output]]), pool)
  opened.push(network)
  return network
}

async function valuesHere(): Promise<ReadonlyMap<string, Float32Array>> {
  const own = await loadTfjsNetwork('wasm', graph, outputs)
  opened.push(own)
  return own.run(photos, nPhotos, wanted)
}

beforeAll(() => startWasmBackend())

afterEach(async () => {
  for (const network of opened.splice(0)) await network.dispose()
  threads.length = 0
})

describe('a batch on WebAssembly', () => {
  it('has the numbers of one thread, to the bit, on several threads', async () => {
    const pool = watchedPool(3)
    const network = await load(pool)
    const values = await network.run(photos, nPhotos, wanted)
    expect(pool.nThreads).toBe(3)
    expect(values).toEqual(await valuesHere())
  })

  it('has them also on a single core, without a thread', async () => {
    const pool = watchedPool(1)
    const values = await (await load(pool)).run(photos, nPhotos, wanted)
    expect(threads).toHaveLength(0)
    expect(values).toEqual(await valuesHere())
  })

  it('of a single photo starts no threads', async () => {
    const pool = watchedPool()
    const values = await (await load(pool)).run(photos.subarray(0, side * side * 3), 1, ['probabilities'])
    expect(values.get('probabilities')).toHaveLength(5)
    expect(threads).toHaveLength(0)
  })

  it('leaves the thread that asks free for messages', async () => {
    const network = await load(watchedPool())
    await network.run(photos, nPhotos, wanted)
    let nTurns = 0
    const turn = (): void => {
      nTurns++
      timer = setImmediate(turn)
    }
    let timer = setImmediate(turn)
    await network.run(photos, nPhotos, wanted)
    clearImmediate(timer)
    expect(nTurns).toBeGreaterThan(100)
  })
})

describe('threads of WebAssembly', () => {
  it('are shared by the networks of a process and end with the last one', async () => {
    const pool = watchedPool()
    const [first, second] = [await load(pool), await load(pool)]
    await first.run(photos, nPhotos, wanted)
    await second.run(photos, nPhotos, wanted)
    expect(threads).toHaveLength(2)
    await first.dispose()
    expect(pool.nThreads).toBe(2)
    await second.run(photos, nPhotos, wanted)
    await second.dispose()
    opened.length = 0
    expect(pool.nThreads).toBe(0)
    expect(threads.map(({ threadId }) => threadId)).toEqual([-1, -1]) // Node's number of a thread that has ended

    const third = await load(pool)
    await third.run(photos, nPhotos, wanted)
    expect(threads).toHaveLength(4)
  })

  it('that cannot be started are done without', async () => {
    const pool = watchedPool(2, fileURLToPath(new URL('no-such-worker.mjs', import.meta.url)))
    const network = await load(pool)
    expect(await network.run(photos, nPhotos, wanted)).toEqual(await valuesHere())
    expect(pool.nThreads).toBe(0)
    await network.run(photos, nPhotos, wanted)
    expect(threads).toHaveLength(2)
  })

  it('that end while they are needed are done without from then on', async () => {
    const pool = watchedPool()
    const network = await load(pool)
    await network.run(photos, nPhotos, wanted)
    const run = network.run(photos, nPhotos, wanted)
    await threads[0]!.terminate()
    expect(await run).toEqual(await valuesHere())
    expect(await network.run(photos, nPhotos, wanted)).toEqual(await valuesHere())
    expect(threads).toHaveLength(2)
    expect(pool.nThreads).toBe(0)
  })

  it('get no network that has code in it', async () => {
    const nodes = graph.nodes.map((node, i) =>
      i === graph.output
        ? ({
            op: 'opaque',
            className: 'Code',
            apply: ([x]: readonly unknown[]) => x,
            name: node.name,
            inputs: node.inputs,
            shape: node.shape,
          } as const)
        : node,
    )
    const network = await load(watchedPool(), { ...graph, nodes })
    const values = await network.run(photos, nPhotos, ['probabilities'])
    expect(values.get('probabilities')).toHaveLength(5 * nPhotos)
    expect(threads).toHaveLength(0)
  })

  it('hand on what the backend says of a run that fails', async () => {
    const pool = watchedPool()
    const pooled = (await pool.load(selfTestGraph, new Map([['logits', nodeIndex(selfTestGraph, 'dense')]])))!
    await expect(pooled.run([{ input: selfTestInput, n: 2, wanted: ['logits'] }])).rejects.toThrow(/shape/i)
    const [values] = await pooled.run([{ input: selfTestInput, n: 1, wanted: ['logits'] }])
    expect(values!.get('logits')).toHaveLength(4)
    await pooled.dispose()
    expect(pool.nThreads).toBe(0)
  })
})
