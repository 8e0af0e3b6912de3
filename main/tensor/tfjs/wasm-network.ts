import { constantsOf, dependencies, macsOf, sizeOf, type Constant, type Graph, type GraphNode } from '../graph.ts'
import type { Network } from '../runtime.ts'
import { loadTfjsNetwork } from './tfjs-runtime.ts'
import { WasmPool, type PooledNetwork, type Run } from './wasm-pool.ts'

const processPool = new WasmPool()

/** Multiply-adds of a part of a batch: some hundredths of a second, in which no message is answered without threads. */
const macsPerPart = 2e8
/** Weights that all threads of a pool may hold together. */
const mostPooledBytes = 1 << 30

/**
 * Loads a graph onto the WebAssembly backend. Batches are computed in parts that are the same on every machine, by the
 * threads of a pool where there are several cores, else one after the other; the numbers are the same.
 */
export async function loadWasmNetwork(
  graph: Graph,
  outputs: ReadonlyMap<string, number>,
  pool = processPool,
): Promise<Network> {
  return new WasmNetwork(await loadTfjsNetwork('wasm', graph, outputs), graph, outputs, pool)
}

class WasmNetwork implements Network {
  /** in this thread */
  readonly #own: Network
  readonly #graph: Graph
  readonly #outputs: ReadonlyMap<string, number>
  readonly #pool: WasmPool
  readonly #inputsAPart: number
  #pooled: Promise<PooledNetwork | null> | undefined

  constructor(own: Network, graph: Graph, outputs: ReadonlyMap<string, number>, pool: WasmPool) {
    this.#own = own
    this.#graph = graph
    this.#outputs = outputs
    this.#pool = pool
    this.#inputsAPart = Math.max(1, Math.floor(macsPerPart / macsOf(graph)))
  }

  async run(input: Float32Array, n: number, wanted: readonly string[]): Promise<ReadonlyMap<string, Float32Array>> {
    if (n <= this.#inputsAPart) return this.#own.run(input, n, wanted)
    const parts = this.#parts(input, n, wanted)
    const pooled = await (this.#pooled ??= this.#load())
    const values = (await pooled?.run(parts).catch(() => this.#leavePool())) ?? (await this.#runHere(parts))
    return new Map(wanted.map((name) => [name, joined(values.map((part) => part.get(name)!))]))
  }

  async dispose(): Promise<void> {
    await (await this.#pooled)?.dispose()
    await this.#own.dispose()
  }

  #parts(input: Float32Array, n: number, wanted: readonly string[]): Run[] {
    const size = sizeOf(this.#graph.nodes[this.#graph.input]!.shape)
    const parts: Run[] = []
    for (let start = 0; start < n; start += this.#inputsAPart) {
      const end = Math.min(start + this.#inputsAPart, n)
      // a copy: what is sent to a thread takes its whole buffer along
      parts.push({ input: input.slice(start * size, end * size), n: end - start, wanted })
    }
    return parts
  }

  async #load(): Promise<PooledNetwork | null> {
    const most = mostPooledBytes / this.#pool.most
    const sendable = sendableGraph(this.#graph, [...this.#outputs.values()], most)
    return sendable && this.#pool.load(sendable, this.#outputs)
  }

  /** A thread that failed, for want of memory above all, is not tried again: what it was to compute is computed here. */
  async #leavePool(): Promise<null> {
    const pooled = await this.#pooled
    this.#pooled = Promise.resolve(null)
    await pooled?.dispose()
    return null
  }

  async #runHere(parts: readonly Run[]): Promise<ReadonlyMap<string, Float32Array>[]> {
    const values: ReadonlyMap<string, Float32Array>[] = []
    for (const { input, n, wanted } of parts) {
      values.push(await this.#own.run(input, n, wanted))
      // lets messages in: a cancel arrives as one
      await new Promise((resolve) => setImmediate(resolve))
    }
    return values
  }
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

/**
 * What of a graph the targets need, as data that can be sent to a thread.
 * @param mostBytes of weights that a thread should hold
 * @returns null where there are more, or code (opaque layers)
 */
function sendableGraph(graph: Graph, targets: readonly number[], mostBytes: number): Graph | null {
  const needed = new Set(dependencies(graph, targets))
  const used = graph.nodes.filter((_, index) => needed.has(index))
  const bytes = used.flatMap(constantsOf).reduce((sum, { shape }) => sum + 4 * sizeOf(shape), 0)
  if (bytes > mostBytes || used.some(({ op }) => op === 'opaque')) return null
  return { ...graph, nodes: graph.nodes.map((node, i) => (needed.has(i) ? withPlainConstants(node) : unused(node))) }
}

function unused({ name, shape }: GraphNode): GraphNode {
  return { op: 'identity', name, inputs: [], shape }
}

function withPlainConstants(node: GraphNode): GraphNode {
  const plain = ({ shape, data }: Constant): Constant => ({ shape, data })
  switch (node.op) {
    case 'conv2d':
    case 'depthwise-conv2d':
    case 'dense':
      return { ...node, kernel: plain(node.kernel), bias: node.bias && plain(node.bias) }
    case 'scale':
      return { ...node, factor: plain(node.factor), offset: plain(node.offset) }
    default:
      return node
  }
}
