import { stat } from 'node:fs/promises'
import { AppError } from '#common/contract/errors.ts'
import { sha256OfFile } from '#main/files/hash-file.ts'
import { openHdf5, type Hdf5File } from '#main/files/hdf5.ts'
import type { LayersModelFile } from '#main/tensor/read-layers-model.ts'
import type { ClassifierFormat } from './format.ts'
import type { KerasGeneration } from './keras-config/keras-object.ts'
import { h5Weights } from './keras-h5-weights.ts'
import { buildKerasModel, setWeights } from './keras-model.ts'
import { namingFile } from './naming-file.ts'
import { sourceOfLayersModel } from './layers-model-source.ts'

/** A whole model as `model.save('x.h5')` writes it: Keras 2, tf_keras and Keras 3. */
export const kerasH5Format: ClassifierFormat = {
  id: 'keras-h5',
  label: 'Keras model (.h5)',
  endings: ['.h5', '.hdf5'],
  read: (path) => sourceOfLayersModel(path, () => readKerasH5(path)),
}

/**
 * Loads a whole Keras model of an .h5 file through the current TensorFlow.js backend. The caller disposes `model`.
 * Nothing else may use TensorFlow.js meanwhile.
 * @returns the model, and the sha256 of the file
 * @throws AppError what `openHdf5` throws; 'model.format' (weights only, an old layout, tensors that do not fit, each
 *   named), 'model.layer-unknown', 'model.weights-not-finite'
 */
export async function readKerasH5(path: string): Promise<LayersModelFile> {
  const file = await openHdf5(path)
  try {
    const text = file.attribute('/', 'model_config')
    if (typeof text !== 'string') throw noModel(path, file)
    const generation = generationOf(path, file)
    const { size: sizeBytes } = await stat(path)
    const kerasModel = await buildKerasModel(path, { text, generation, sizeBytes })
    try {
      namingFile(path, () => {
        const weights = h5Weights(file, kerasModel.entry)
        setWeights(kerasModel, weights.tensorsOf)
        weights.requireAllTaken()
      })
      return { model: kerasModel.model, sha256: await sha256OfFile(path) }
    } catch (error) {
      kerasModel.model.dispose()
      throw error
    }
  } finally {
    file.close()
  }
}

/** The version that Keras notes beside the model; Keras 0 noted none. */
function generationOf(path: string, file: Hdf5File): KerasGeneration {
  const noted = file.attribute('/', 'keras_version') ?? file.attribute('/model_weights', 'keras_version')
  const version = typeof noted === 'string' ? noted : null
  const major = Number.parseInt(version ?? '', 10)
  if (major >= 3) return 3
  if (major === 2) return 2
  throw tooOld(path, version === null ? 'a Keras before version 1.1' : `Keras ${version}`)
}

function tooOld(path: string, writer: string): AppError {
  return new AppError('model.format', `${path} was written by ${writer}, whose layout is not read`, {
    hint: 'Build the model again in a newer Keras, load these weights into it, and save it with model.save().',
  })
}

/** Why a file without the description of a model cannot be opened, and what can be done. */
function noModel(path: string, file: Hdf5File): AppError {
  const has = (name: string): boolean => file.attribute('/', name) !== null
  if (has('nb_layers')) return tooOld(path, 'Keras 0')
  if (has('layer_names') || has('layer_names0')) {
    return new AppError('model.format', `${path} holds weights only, not the layers they belong to`, {
      hint: 'Say what they belong to with --architecture vgg16|resnet50|mobilenet, or save the whole model with model.save().',
    })
  }
  if (file.has('/layers') || file.has('/_layer_checkpoint_dependencies')) {
    return new AppError('model.format', `${path} holds weights only, as model.save_weights() of Keras 3 writes them`, {
      hint: 'Save the whole model with model.save("NAME.keras").',
    })
  }
  return new AppError('model.format', `${path} is an HDF5 file, but holds no Keras model`, {
    hint: 'Give a file that model.save("NAME.h5") wrote.',
  })
}
