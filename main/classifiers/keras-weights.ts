import * as tf from '@tensorflow/tfjs'
import { AppError } from '#common/contract/errors.ts'
import type { ArchitectureRequest } from '#common/contract/procedures/models.ts'
import { sha256OfFile } from '#main/files/hash-file.ts'
import { openHdf5, type Hdf5File } from '#main/files/hdf5.ts'
import { storedLayers } from '#main/files/stored-layers.ts'
import { lastSpatialLayer, type Graph } from '#main/tensor/graph.ts'
import { storedWeights } from '#main/tensor/stored-weights.ts'
import { streamGraph } from '#main/tensor/tfjs/stream-graph.ts'
import { wasmRuntime } from '#main/tensor/tfjs/wasm-runtime.ts'
import { architectureGraph } from './architectures/registry.ts'
import type { ClassifierFormat, ModelSource } from './format.ts'
import { imagenetLabels } from './imagenet-labels.ts'
import { namingFile } from './naming-file.ts'
import { planNetwork } from './plan-network.ts'

/** Weights only, as Keras's `save_weights('x.h5')` writes them, for a network that is built in code. */
export function kerasWeightsFormat(architecture: ArchitectureRequest): ClassifierFormat {
  return {
    id: 'keras-weights',
    label: 'Keras weight file (.h5)',
    endings: ['.h5', '.hdf5'],
    read: (path) => readSource(path, architecture),
  }
}

/**
 * The file stays open while the source lives: tensors are read when they are needed and never kept, so that the half
 * gigabyte of a VGG16 is in memory once at most.
 */
async function readSource(path: string, request: ArchitectureRequest): Promise<ModelSource> {
  const file = await openHdf5(path)
  try {
    const { side, head, tensors } = namingFile(path, () => planOf(file, request))
    const graph = (inputShape: readonly number[]): Graph => {
      const options = { inputShape, alpha: request.alpha, head }
      return namingFile(path, () => architectureGraph(request.name, options, storedWeights(path, tensors)))
    }
    const sample = graph(side === null ? [sampleSide, sampleSide, 3] : [side, side, 3])
    return {
      facts: {
        inputShape: [side, side, 3],
        nClasses: head.classes,
        layerNames: sample.nodes.map(({ name }) => name),
        lastSpatialLayer: lastSpatialLayer(sample),
        // the whole network with a thousand classes is that of ImageNet, as Keras's own decode_predictions takes it
        ...(request.top && head.classes === 1000 ? { card: { labels: imagenetLabels() } } : {}),
      },
      sha256: await sha256OfFile(path),
      isReadLater: true,
      graph,
      referenceName: 'TensorFlow.js',
      reference: (input, inputShape) => computeOnce(graph(inputShape), input),
      dispose: () => file.close(),
    }
  } catch (error) {
    file.close()
    throw error
  }
}

/** Side of the input for which a network that leaves it open is looked at. */
const sampleSide = 224

function planOf(file: Hdf5File, request: ArchitectureRequest): ReturnType<typeof planNetwork> {
  const stored = storedLayers(file)
  if (stored) return planNetwork(request, stored)
  throw new AppError(
    'model.format',
    'it does not hold weights as model.save_weights("NAME.h5") of Keras 2 writes them',
    {
      hint: 'Save the whole model with model.save("NAME.keras") or model.save("NAME.h5"), and leave --architecture out.',
    },
  )
}

/** By TensorFlow.js's kernels, whose numbers are Keras's. */
async function computeOnce(graph: Graph, input: Float32Array): Promise<Float32Array> {
  await wasmRuntime.start()
  await tf.setBackend('wasm')
  return streamGraph(graph, input, [graph.output])[0]!
}
