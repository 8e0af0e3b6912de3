import type { JsonObject } from './keras-object.ts'

/**
 * Why a layer is refused that TF.js has under the same name but computes otherwise than Keras, without a word.
 * @returns a clause about the layer, or null where it is computed as Keras does
 */
export function refusalOf(className: string, config: JsonObject): string | null {
  return refusals[className]?.(config) ?? null
}

const refusals: Readonly<Record<string, (config: JsonObject) => string | null>> = {
  Resizing: () => 'resizes otherwise in TensorFlow.js than in Keras',
  CenterCrop: () => 'crops otherwise in TensorFlow.js than in Keras',
  UpSampling2D: ({ interpolation }) =>
    interpolation === undefined || interpolation === 'nearest'
      ? null
      : 'interpolates otherwise in TensorFlow.js than in Keras',
  Conv2D: ({ groups }) => (groups === undefined || groups === 1 ? null : 'has groups, which TensorFlow.js ignores'),
  Rescaling: ({ scale, offset }) =>
    [scale ?? 1, offset ?? 0].every((value) => typeof value === 'number')
      ? null
      : 'has a value for each channel, which TensorFlow.js does not take',
  LayerNormalization: ({ rms_scaling: isRms }) => (isRms === true ? 'scales by the root mean square' : null),
}
