import { AppError } from '#common/contract/errors.ts'
import { lastSpatialLayer, sizeOf, type Graph, type GraphNode } from '#main/tensor/graph.ts'
import { importGraph } from '#main/tensor/onnx/import/import-graph.ts'
import { neededNodes } from '#main/tensor/onnx/import/needed-nodes.ts'
import { networkEnds, noClassifier, type NetworkEnds } from '#main/tensor/onnx/import/network-ends.ts'
import { openFileRun, type FileRun } from '#main/tensor/onnx/import/run-file.ts'
import { NoPlace } from '#main/tensor/onnx/import/values.ts'
import { openOnnxFile, type OnnxFile } from '#main/tensor/onnx/read-onnx-file.ts'
import type { OnnxModel } from '#main/tensor/onnx/read-model.ts'
import { checkInput, relativeDifference } from './compare-outputs.ts'
import type { ClassifierFormat, ModelSource } from './format.ts'
import { logitsOutput } from './loaded-classifier.ts'
import { namingFile, namingFileLater } from './naming-file.ts'
import { cardOfMetadata } from './onnx-metadata.ts'

/** Any image classifier, as PyTorch, TensorFlow (tf2onnx) and others export it. */
export const onnxModelFormat: ClassifierFormat = {
  id: 'onnx',
  label: 'ONNX model (.onnx)',
  endings: ['.onnx'],
  read: (path) => namingFileLater(path, () => readSource(path)),
}

/** Side of the input for which a model that leaves it open is looked at. */
const sampleSide = 224

type Side = readonly [height: number, width: number]

async function readSource(path: string): Promise<ModelSource> {
  const file = await openOnnxFile(path)
  try {
    const ends = networkEnds(file.model)
    const { height, width } = ends.input
    const sample: Side = [height ?? sampleSide, width ?? sampleSide]
    try {
      return importedSource({ path, file, ends, sample })
    } catch (error) {
      if (!(error instanceof NoPlace)) throw error
      return await sourceAsItIs({ path, file, ends, sample }, `the operator ${error.operator} ${error.message}`)
    }
  } catch (error) {
    file.close()
    throw error
  }
}

interface OpenModel {
  readonly path: string
  readonly file: OnnxFile
  readonly ends: NetworkEnds
  /** of photos with which it is looked at */
  readonly sample: Side
}

/** A network that the graph holds: it runs everywhere, and has gradients. */
function importedSource({ path, file, ends, sample }: OpenModel): ModelSource {
  const first = importGraph(file, ends, sample)
  const { nodes, output } = first.graph
  const nClasses = sizeOf(nodes[output]!.shape)
  return {
    facts: {
      inputShape: [ends.input.height, ends.input.width, 3],
      nClasses,
      layerNames: nodes.map(({ name }) => name),
      lastSpatialLayer: lastSpatialLayer(first.graph),
      card: cardOfMetadata(file.model.metadata, nClasses),
    },
    sha256: file.sha256,
    isReadLater: true,
    graph: (shape) => {
      const [height, width] = shape as [number, number, number]
      return height === sample[0] && width === sample[1]
        ? first.graph
        : namingFile(path, () => importGraph(file, ends, [height, width]).graph)
    },
    referenceName: 'the unchanged file',
    reference: (input, [height, width]) =>
      namingFileLater(path, async () => {
        const run = await openFileRun(path, file.model, ends)
        try {
          const values = await run.run(input, 1, [height!, width!])
          return first.isLogarithm ? values.map(Math.exp) : values
        } finally {
          await run.close()
        }
      }),
    dispose: () => file.close(),
  }
}

/** A network that ONNX Runtime runs as it is. */
async function sourceAsItIs({ path, file, ends, sample }: OpenModel, obstacle: string): Promise<ModelSource> {
  const { model, sha256 } = file
  const run = await openFileRun(path, model, ends)
  try {
    const { nClasses, isBatched } = await tryOut(run, sample)
    const head = headOf(model, ends)
    const network = {
      run: async (input: Float32Array, n: number, wanted: readonly string[], side: Side) => {
        const logits = head.logits(await runAll(run, { input, n, side, isBatched }))
        return new Map(wanted.map((name) => [name, logits]))
      },
      dispose: () => Promise.resolve(),
    }
    file.close()
    const nWeights = model.initializers.reduce((sum, { shape }) => sum + sizeOf(shape), 0)
    return {
      facts: {
        inputShape: [ends.input.height, ends.input.width, 3],
        nClasses,
        layerNames: [],
        lastSpatialLayer: null,
        card: cardOfMetadata(model.metadata, nClasses),
      },
      sha256,
      graph: (shape) => opaqueGraph(shape, { nClasses, obstacle, head }),
      asItIs: {
        obstacle,
        macs: macsPerWeight * nWeights,
        bytes: 4 * nWeights,
        network: ([height, width]) => ({
          run: (input, n, wanted) => namingFileLater(path, () => network.run(input, n, wanted, [height!, width!])),
          dispose: network.dispose,
        }),
      },
      referenceName: 'the unchanged file',
      reference: (input, [height, width]) => run.run(input, 1, [height!, width!]),
      dispose: () => void run.close(),
    }
  } catch (error) {
    await run.close()
    throw error
  }
}

/** Convolutional networks use a weight 80 to 200 times, transformers 200 times. */
const macsPerWeight = 200

/** Runs two photos: how many classes there are, and whether a batch gives what its photos give alone. */
async function tryOut(run: FileRun, sample: Side): Promise<{ nClasses: number; isBatched: boolean }> {
  const size = sample[0] * sample[1] * 3
  const input = checkInput([2, size])
  const alone = await run.run(input.subarray(size), 1, sample)
  if (alone.length === 0 || !alone.every(Number.isFinite)) throw noClassifier('its output is no list of numbers')
  const both = await run.run(input, 2, sample).catch(() => new Float32Array())
  const second = both.subarray(alone.length)
  const isBatched = second.length === alone.length && relativeDifference(second, alone) < batchTolerance
  return { nClasses: alone.length, isBatched }
}

const batchTolerance = 1e-3

async function runAll(
  run: FileRun,
  { input, n, side, isBatched }: { input: Float32Array; n: number; side: Side; isBatched: boolean },
): Promise<Float32Array> {
  if (isBatched) return run.run(input, n, side)
  const size = side[0] * side[1] * 3
  const rows: Float32Array[] = []
  for (let i = 0; i < n; i++) rows.push(await run.run(input.subarray(i * size, (i + 1) * size), 1, side))
  return Float32Array.from(rows.flatMap((row) => [...row]))
}

/** How the scores of a file that runs as it is come about. */
interface Head {
  readonly activation: 'softmax' | 'sigmoid' | null
  /** What the last activation was computed of, up to a number that is the same for all classes of a photo. */
  logits(output: Float32Array): Float32Array
}

/** Below the smallest probability of float32: what is rounded to 0 still has a logarithm. */
const leastProbability = 1e-38
/** The largest float32 below 1. */
const mostProbability = 1 - 2 ** -24

const heads: Readonly<Record<string, Head>> = {
  Softmax: {
    activation: 'softmax',
    logits: (output) => output.map((p) => Math.log(Math.max(p, leastProbability))),
  },
  Sigmoid: {
    activation: 'sigmoid',
    logits: (output) =>
      output.map((p) => {
        const within = Math.min(Math.max(p, leastProbability), mostProbability)
        return Math.log(within / (1 - within))
      }),
  },
}
const linearHead: Head = { activation: null, logits: (output) => output }
const passing = new Set(['Identity', 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Cast'])

function headOf(model: OnnxModel, ends: NetworkEnds): Head {
  const given = new Set([ends.input.name, ...model.initializers.map(({ name }) => name)])
  const nodes = neededNodes(model, ends.output, given)
  let name: string | undefined = ends.output
  for (const node of [...nodes].reverse()) {
    if (node.domain !== '' || !node.outputs.includes(name ?? '')) continue
    if (!passing.has(node.type)) return heads[node.type] ?? linearHead
    name = node.inputs[0]
  }
  return linearHead
}

/** The whole network as one node; only its last activation is known. */
function opaqueGraph(
  inputShape: readonly number[],
  { nClasses, obstacle, head }: { nClasses: number; obstacle: string; head: Head },
): Graph {
  const apply = (): never => {
    throw new AppError('model.layer-unknown', obstacle)
  }
  const nodes: GraphNode[] = [
    { op: 'input', name: 'input', inputs: [], shape: inputShape },
    { op: 'opaque', className: obstacle, apply, name: logitsOutput, inputs: [0], shape: [nClasses] },
  ]
  if (head.activation) nodes.push({ op: head.activation, name: 'scores', inputs: [1], shape: [nClasses] })
  return { nodes, input: 0, output: nodes.length - 1 }
}
