import { join } from 'node:path'
import { writeFileSync, readFileSync } from 'node:fs'
import { sizeOf } from '#main/tensor/graph.ts'
import { writeHdf5, zipOf, type Hdf5Array, type Hdf5Content } from '../../builders/keras-files.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { seededValues } from '../tensor/layer-models.ts'

/** A layer as it is in a Keras file. */
interface LayerJson {
  class_name: string
  config: Record<string, unknown>
}

export interface ModelJson {
  class_name: string
  config: { name: string; layers: LayerJson[] }
}

/** A Sequential of Keras 3 for photos of 6×5 pixels: two convolutions, three classes. */
export function smallConfig(): ModelJson {
  const layer = (className: string, config: Record<string, unknown>): LayerJson => ({ class_name: className, config })
  const conv = { kernel_size: [3, 3], padding: 'same', use_bias: true, activation: 'relu' }
  return {
    class_name: 'Sequential',
    config: {
      name: 'small',
      layers: [
        layer('InputLayer', { name: 'photo', batch_shape: [null, 6, 5, 3] }),
        layer('Conv2D', { name: 'first', filters: 4, ...conv }),
        layer('Conv2D', { name: 'second', filters: 4, ...conv }),
        layer('GlobalAveragePooling2D', { name: 'pool' }),
        layer('Dense', { name: 'scores', units: 3, activation: 'softmax' }),
      ],
    },
  }
}

const shapes = {
  first: { kernel: [3, 3, 3, 4], bias: [4] },
  second: { kernel: [3, 3, 4, 4], bias: [4] },
  scores: { kernel: [4, 3], bias: [3] },
} as const

export type Weights = Record<string, Record<string, Hdf5Array>>

/** Weights of the small model by layer and name. */
export function smallWeights(): Weights {
  let seed = 20
  const tensor = (shape: readonly number[]): Hdf5Array => ({ shape, values: seededValues(sizeOf(shape), seed++) })
  return Object.fromEntries(
    Object.entries(shapes).map(([layer, { kernel, bias }]) => [layer, { kernel: tensor(kernel), bias: tensor(bias) }]),
  )
}

export interface SmallFile {
  readonly config?: unknown
  readonly weights?: Weights
  /** default '3.9.0'; null: the file does not say it */
  readonly version?: string | null
}

/** The small model as Keras 3 writes an .h5 file. */
export function smallH5Content({
  config = smallConfig(),
  weights = smallWeights(),
  version = '3.9.0',
}: SmallFile = {}): {
  attributes: Record<string, string>
  groups: { model_weights: { attributes: Record<string, string[]>; groups: Record<string, Hdf5Content> } }
} {
  const groups = Object.entries(weights).map(([layer, tensors]): [string, Hdf5Content] => {
    const named = Object.entries(tensors).map(([name, tensor]) => [`small/${layer}/${name}`, tensor] as const)
    return [layer, { attributes: { weight_names: named.map(([name]) => name) }, arrays: Object.fromEntries(named) }]
  })
  return {
    attributes: {
      model_config: typeof config === 'string' ? config : JSON.stringify(config),
      ...(version === null ? {} : { keras_version: version }),
    },
    groups: {
      model_weights: { attributes: { layer_names: Object.keys(weights) }, groups: Object.fromEntries(groups) },
    },
  }
}

export function writeSmallH5(file: SmallFile = {}): Promise<string> {
  return writeHdf5(join(temporaryFolder(), 'small.h5'), smallH5Content(file))
}

/** What is under `layers/` of Keras 3’s weights. */
export const keysInZip: Readonly<Record<string, string>> = { first: 'conv2d', second: 'conv2d_1', scores: 'dense' }

/** The weights as Keras 3 writes them into a .keras file. */
export async function smallZipWeights(weights: Weights = smallWeights(), more: Hdf5Content = {}): Promise<Uint8Array> {
  const arrays = Object.entries(weights).flatMap(([layer, tensors]) =>
    Object.values(tensors).map((tensor, i) => [`layers/${keysInZip[layer] ?? layer}/vars/${i}`, tensor] as const),
  )
  const path = join(temporaryFolder(), 'weights.h5')
  return readFileSync(await writeHdf5(path, { ...more, arrays: { ...Object.fromEntries(arrays), ...more.arrays } }))
}

/** The entries of the small model's .keras file. */
export async function smallZipEntries({ config = smallConfig(), weights, version = '3.9.0' }: SmallFile = {}): Promise<
  Record<string, Uint8Array | string>
> {
  return {
    'metadata.json': JSON.stringify({ ...(version === null ? {} : { keras_version: version }), date_saved: 'once' }),
    'config.json': typeof config === 'string' ? config : JSON.stringify(config),
    'model.weights.h5': await smallZipWeights(weights),
  }
}

export async function writeZip(
  entries: Readonly<Record<string, Uint8Array | string>>,
  options: { readonly level?: number; readonly password?: string } = {},
): Promise<string> {
  const path = join(temporaryFolder(), 'small.keras')
  writeFileSync(path, await zipOf(entries, options))
  return path
}
