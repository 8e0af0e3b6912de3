import { readLayersModel } from '#main/tensor/read-layers-model.ts'
import type { ClassifierFormat } from './format.ts'
import { sourceOfLayersModel } from './layers-model-source.ts'

/** TF.js layers-model: model.json and weight shards, as Keras's converter and Teachable Machine write it. */
export const layersModelFormat: ClassifierFormat = {
  id: 'layers-model',
  label: 'TF.js layers-model (model.json)',
  endings: ['.json'],
  read: (path) => sourceOfLayersModel(path, () => readLayersModel(path)),
}
