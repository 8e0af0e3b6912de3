import { AppError } from '#common/contract/errors.ts'
import { lastSpatialLayer, sizeOf, type Graph, type GraphNode } from '#main/tensor/graph.ts'
import { importFrom } from '#main/tensor/onnx/import/import-graph.ts'
import { bottlenecks, importTail, type ImportedTail } from '#main/tensor/onnx/import/import-tail.ts'
import { mapLayout } from '#main/tensor/onnx/import/layout.ts'
import { neededNodes } from '#main/tensor/onnx/import/needed-nodes.ts'
import { noClassifier, type NetworkEnds } from '#main/tensor/onnx/import/network-ends.ts'
import { openFileRun, type FileRun } from '#main/tensor/onnx/import/run-file.ts'
import type { OnnxModel } from '#main/tensor/onnx/read-model.ts'
import type { OnnxFile } from '#main/tensor/onnx/read-onnx-file.ts'
import { checkInput, relativeDifference } from './compare-outputs.ts'
import { outputNames, type AsItIs, type ModelSource } from './format.ts'
import { namingFileLater } from './naming-file.ts'
import { cardOfMetadata } from './onnx-metadata.ts'

type Side = readonly [height: number, width: number]

/** An ONNX file that was opened and looked at. */
export interface OpenModel {
  readonly path: string
  readonly file: OnnxFile
  readonly ends: NetworkEnds
  /** of photos with which it is looked at */
  readonly sample: Side
}

/**
 * A network that ONNX Runtime runs as it is. Its end, from a feature map on, may have a place in the graph nonetheless:
 * then there are gradients.
 * @param obstacle what has no place in the graph: part of a sentence
 */
export async function sourceAsItIs(open: OpenModel, obstacle: string): Promise<ModelSource> {
  const { path, file, ends, sample } = open
  const { model, sha256 } = file
  const imported = await findTail(open)
  const run = await openFileRun(path, model, ends, imported ? [imported.value] : [])
  try {
    const { nClasses, isBatched } = await tryOut(run, sample)
    const head = headOf(model, ends)
    const nWeights = model.initializers.reduce((sum, { shape }) => sum + sizeOf(shape), 0)
    const named = <Result>(action: () => Promise<Result>): Promise<Result> => namingFileLater(path, action)
    return {
      facts: {
        inputShape: [ends.input.height, ends.input.width, 3],
        nClasses,
        layerNames: imported?.graph.nodes.map(({ name }) => name) ?? [],
        lastSpatialLayer: imported && lastSpatialLayer(imported.graph),
        card: cardOfMetadata(model.metadata, nClasses),
      },
      sha256,
      graph: (shape) => opaqueGraph(shape, { nClasses, obstacle, head }),
      asItIs: {
        obstacle,
        macs: macsPerWeight * nWeights,
        bytes: 4 * nWeights,
        network: ([height, width]) => ({
          run: (input, n, wanted) =>
            named(async () => {
              const { logits, features } = outputNames
              const side: Side = [height!, width!]
              if (!imported || !wanted.includes(features)) {
                const scores = await inBatches({ input, n, isBatched }, async (photos, count) => [
                  await run.run(photos, count, side),
                ])
                return new Map([[logits, head.logits(scores[0]!)]])
              }
              const [scores, map] = await inBatches({ input, n, isBatched }, async (photos, count) => {
                const found = await run.runWithMap(imported.value, photos, count, side)
                return [found.output, found.map]
              })
              return new Map([
                [logits, head.logits(scores!)],
                [features, map!],
              ])
            }),
          dispose: () => Promise.resolve(),
        }),
        tail: imported && ((shape) => named(() => tailFor(open, { imported, run, shape }))),
      },
      referenceName: 'the unchanged file',
      reference: async (input, [height, width]) => {
        const values = await run.run(input, 1, [height!, width!])
        return imported?.isLogarithm ? values.map(Math.exp) : values
      },
      dispose: () => {
        void run.close()
        file.close()
      },
    }
  } catch (error) {
    await run.close()
    throw error
  }
}

/** @throws AppError as `openFileRun`; null for a network whose end cannot be translated, or not apart from the rest */
async function findTail({ path, file, ends, sample }: OpenModel): Promise<ImportedTail | null> {
  const names = bottlenecks(file.model, ends)
  if (names.length === 0) return null
  const run = await openFileRun(path, file.model, ends, names)
  try {
    return importTail(file, ends, await run.shapes(sample))
  } finally {
    await run.close()
  }
}

/** The tail for photos of a size. @param shape [height, width, 3] */
async function tailFor(
  { file, ends, sample }: OpenModel,
  { imported: { value, graph }, run, shape }: { imported: ImportedTail; run: FileRun; shape: readonly number[] },
): ReturnType<NonNullable<AsItIs['tail']>> {
  const [height, width] = shape
  if (height === sample[0] && width === sample[1]) return graph
  const ofMap = (await run.shapes([height!, width!])).get(value)!
  const { name } = graph.nodes[graph.input]!
  return importFrom(file, ends, { value, name, layout: mapLayout(ofMap) }).graph
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

/**
 * @param isBatched false: photo by photo
 * @param run gives one or more outputs
 */
async function inBatches(
  { input, n, isBatched }: { input: Float32Array; n: number; isBatched: boolean },
  run: (photos: Float32Array, count: number) => Promise<Float32Array[]>,
): Promise<Float32Array[]> {
  if (isBatched) return run(input, n)
  const size = input.length / n
  const rows: Float32Array[][] = []
  for (let i = 0; i < n; i++) rows.push(await run(input.subarray(i * size, (i + 1) * size), 1))
  return rows[0]!.map((_, output) => Float32Array.from(rows.flatMap((row) => [...row[output]!])))
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
    { op: 'opaque', className: obstacle, apply, name: outputNames.logits, inputs: [0], shape: [nClasses] },
  ]
  if (head.activation) nodes.push({ op: head.activation, name: 'scores', inputs: [1], shape: [nClasses] })
  return { nodes, input: 0, output: nodes.length - 1 }
}
