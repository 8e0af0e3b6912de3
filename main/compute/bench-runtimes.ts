import { AppError } from '#common/contract/errors.ts'
import type { Progress } from '#common/contract/procedures/common.ts'
import type { RuntimeReport } from '#common/contract/procedures/models.ts'
import type { NetworkSpeed, RuntimeBench } from '#common/contract/procedures/runtimes.ts'
import { batchSizeOf } from '#main/classifiers/batch-size.ts'
import { foldGraph } from '#main/tensor/fold.ts'
import { macsOf, nodeIndex, scoreHead, sizeOf, type Graph } from '#main/tensor/graph.ts'
import { runtimes } from '#main/tensor/probe.ts'
import type { Runtime } from '#main/tensor/runtime.ts'
import { benchNetworks, type BenchNetwork } from './bench-networks.ts'
import { productGflops, type MatrixProduct, largeProduct } from './bench-product.ts'
import { quietestMs, type Effort } from './quietest.ts'

export interface BenchOptions {
  /** what the probe found: which are usable */
  readonly reports: readonly RuntimeReport[]
  /** also what takes minutes */
  readonly all: boolean
  readonly signal: AbortSignal
  readonly onProgress: (progress: Progress) => void
  /** others only in tests */
  readonly candidates?: readonly Runtime[]
  readonly networks?: readonly BenchNetwork[]
  readonly product?: MatrixProduct
  readonly effort?: Effort
}

const usualEffort: Effort = { leastRuns: 3, leastMs: 1200 }

type Figures = Omit<NetworkSpeed, 'peakShare' | 'ratio'>

/**
 * Measures usable runtimes with networks, one after the other: each network on all runtimes before the next one, so that
 * what is compared was measured close together, and the matrix product of a runtime anew beside each network.
 * @throws the signal's reason, between two runs
 */
export async function benchRuntimes(options: BenchOptions): Promise<RuntimeBench> {
  const { reports, all, signal, onProgress, candidates = runtimes, networks = benchNetworks } = options
  const { effort = usualEffort, product = largeProduct } = options
  const usable = candidates.filter(({ id }) => reports.some((report) => report.id === id && report.isUsable))
  const pairs = networks.flatMap((network) =>
    usable.filter(({ id }) => all || !network.slowOn.includes(id)).map((runtime) => ({ network, runtime })),
  )
  const peaks = new Map<Runtime['id'], number>()
  const found: Figures[] = []
  for (const [done, { network, runtime }] of pairs.entries()) {
    onProgress({ step: `${network.label}, ${runtime.label}`, done, total: pairs.length, etaMs: null })
    const gflops = await productGflops(runtime, product, { effort, signal })
    peaks.set(runtime.id, Math.max(gflops, peaks.get(runtime.id) ?? 0))
    found.push(await measure(network, runtime, { effort, signal }))
  }
  onProgress({ step: 'measured', done: pairs.length, total: pairs.length, etaMs: null })
  return {
    runtimes: reports.map((report) => ({ ...report, peakGflops: peaks.get(report.id) ?? null })),
    networks: found.map((figures) => ({
      ...figures,
      peakShare: figures.gflops === null ? null : figures.gflops / peaks.get(figures.runtime)!,
      ratio: figures.photoMs === null ? null : figures.photoMs / quickestMs(found, figures.network),
    })),
  }
}

function quickestMs(found: readonly Figures[], network: string): number {
  return Math.min(
    ...found.flatMap((other) => (other.network === network && other.photoMs !== null ? other.photoMs : [])),
  )
}

interface Work {
  readonly effort: Effort
  readonly signal: AbortSignal
}

/** What keeps a network from running on a runtime, memory above all, is a finding. */
async function measure(network: BenchNetwork, runtime: Runtime, work: Work): Promise<Figures> {
  const graph = network.graph()
  const batchSize = batchSizeOf(graph, runtime.id)
  const facts = { network: network.label, runtime: runtime.id, batchSize }
  try {
    const { singleMs, photoMs } = await measureForward(graph, runtime, batchSize, work)
    const gradientMs = await measureGradient(graph, network.layer, runtime, work)
    return {
      ...facts,
      problem: null,
      singleMs,
      photoMs,
      gflops: (2 * macsOf(graph)) / photoMs / 1e6,
      gradientRatio: gradientMs === null ? null : gradientMs / singleMs,
    }
  } catch (error) {
    work.signal.throwIfAborted()
    const problem = String(error instanceof Error ? error.message : error).split('\n')[0]!
    return { ...facts, problem, singleMs: null, photoMs: null, gflops: null, gradientRatio: null }
  }
}

async function measureForward(
  graph: Graph,
  runtime: Runtime,
  batchSize: number,
  work: Work,
): Promise<{ singleMs: number; photoMs: number }> {
  const outputs = new Map([['logits', scoreHead(graph).logits]])
  const network = await runtime.load(foldGraph(graph, new Set(outputs.values())), outputs)
  try {
    const run = async (n: number): Promise<number> => {
      const input = photos(graph, n)
      return quietestMs(() => network.run(input, n, ['logits']), work)
    }
    const singleMs = await run(1)
    return { singleMs, photoMs: batchSize === 1 ? singleMs : (await run(batchSize)) / batchSize }
  } finally {
    await network.dispose()
  }
}

/** null where the runtime cannot differentiate at the layer. */
async function measureGradient(graph: Graph, layerName: string, runtime: Runtime, work: Work): Promise<number | null> {
  const layer = nodeIndex(graph, layerName)
  const input = photos(graph, 1)
  try {
    const network = await runtime.loadGradient(foldGraph(graph, new Set([layer])), layer)
    try {
      return await quietestMs(() => network.run(input, [0], 'logit'), work)
    } finally {
      await network.dispose()
    }
  } catch (error) {
    if (error instanceof AppError && error.code === 'runtime.unavailable') return null
    throw error
  }
}

/** Values from −1 to 1, as preprocessing gives them. */
function photos(graph: Graph, n: number): Float32Array {
  const size = n * sizeOf(graph.nodes[graph.input]!.shape)
  return Float32Array.from({ length: size }, (_, i) => ((i * 31) % 255) / 127 - 1)
}
