import { lastSpatialLayer, sizeOf } from '#main/tensor/graph.ts'
import { importGraph } from '#main/tensor/onnx/import/import-graph.ts'
import { networkEnds } from '#main/tensor/onnx/import/network-ends.ts'
import { openFileRun } from '#main/tensor/onnx/import/run-file.ts'
import { NoPlace } from '#main/tensor/onnx/import/values.ts'
import { openOnnxFile } from '#main/tensor/onnx/read-onnx-file.ts'
import type { ClassifierFormat, ModelSource } from './format.ts'
import { namingFile, namingFileLater } from './naming-file.ts'
import { sourceAsItIs, type OpenModel } from './onnx-as-it-is.ts'
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

async function readSource(path: string): Promise<ModelSource> {
  const file = await openOnnxFile(path)
  try {
    const ends = networkEnds(file.model)
    const { height, width } = ends.input
    const sample = [height ?? sampleSide, width ?? sampleSide] as const
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
