import { engine, loadLayersModel, type io, type LayersModel } from '@tensorflow/tfjs'
import { AppError } from '#common/contract/errors.ts'
import { registerKerasLayers } from './tfjs/keras-layers.ts'
import { requireBuildable } from './tfjs/require-buildable.ts'

/**
 * Makes a TF.js model of its description, and of its weights where they are given, on the current TensorFlow.js
 * backend. The caller disposes it. Where it fails, no tensor is left.
 * @param path the file that is named in errors
 * @throws AppError 'model.format', 'model.layer-unknown'
 */
export async function buildLayersModel(path: string, artifacts: io.ModelArtifacts): Promise<LayersModel> {
  requireBuildable(path, artifacts.modelTopology)
  registerKerasLayers()
  const known = new Set(Object.keys(engine().registeredVariables))
  // TF.js forgets the decoded weights where they do not fit the layers: the scope ends them
  engine().startScope('layers-model')
  try {
    return await loadLayersModel({ load: () => Promise.resolve(artifacts) })
  } catch (cause) {
    for (const [name, variable] of Object.entries(engine().registeredVariables)) {
      if (!known.has(name)) variable.dispose()
    }
    throw topologyError(path, cause)
  } finally {
    engine().endScope()
  }
}

function topologyError(path: string, cause: unknown): AppError {
  // its first line; the rest is advice to programmers
  const message = inOneLine(cause instanceof Error ? cause.message.split('\n')[0] : cause)
  const unknown = /Unknown layer: (\w+)/.exec(message)?.[1]
  if (unknown) {
    return new AppError('model.layer-unknown', `${path}: TensorFlow.js knows no layer of class ${unknown}`, {
      hint: 'Custom layers cannot be loaded; export the model as ONNX instead.',
      data: { layer: unknown },
      cause,
    })
  }
  return new AppError('model.format', `${path} cannot be loaded: ${message}`, {
    hint: 'TensorFlow.js reads what Keras 2 exports; of Keras 3 give the .keras file itself, or export as ONNX.',
    cause,
  })
}

function inOneLine(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).replace(/\s+/g, ' ').trim()
}
