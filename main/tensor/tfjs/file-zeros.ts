import * as tf from '@tensorflow/tfjs'
import { sizeOf } from '#main/tensor/graph.ts'

let nLeft = 0

/** Zeros for weights that a file will replace, as many as `buildWithFileZeros` allows. */
class FileZeros extends tf.serialization.Serializable {
  static className = 'FileZeros'

  apply(shape: number[], dtype?: tf.DataType): tf.Tensor {
    nLeft -= sizeOf(shape)
    // the description of a model in a file of a few bytes can ask for terabytes
    if (!(nLeft >= 0)) throw new Error('its layers have more weights than a file of this size can hold')
    return tf.zeros(shape, dtype)
  }

  override getConfig(): tf.serialization.ConfigDict {
    return {}
  }
}

/**
 * Builds a model whose initialisers are `FileZeros`; nothing else may build one meanwhile.
 * @param maxWeights numbers that all its weights together may have
 */
export async function buildWithFileZeros<Model>(maxWeights: number, build: () => Promise<Model>): Promise<Model> {
  tf.serialization.registerClass(FileZeros)
  nLeft = maxWeights
  return build()
}
