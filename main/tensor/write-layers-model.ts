import * as tf from '@tensorflow/tfjs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { writeAside } from '#main/files/write-aside.ts'

/**
 * Writes a model as TF.js does: the weight files, then `model.json`, so that where that is, everything is. The same
 * weights give the same bytes.
 * @param folder made if it is not there
 * @param nShards number of weight files, cut anywhere
 * @returns the path of model.json
 * @throws AppError 'file.unwritable'
 */
export async function writeLayersModel(model: tf.LayersModel, folder: string, nShards = 1): Promise<string> {
  const path = join(folder, 'model.json')
  await mkdir(folder, { recursive: true })
  const keep = tf.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData }) => {
    const bytes = new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData))
    const size = Math.ceil(bytes.length / nShards)
    const paths = Array.from({ length: nShards }, (_, i) => `group1-shard${i + 1}of${nShards}.bin`)
    for (const [i, shard] of paths.entries()) {
      await writeAside(join(folder, shard), bytes.subarray(i * size, (i + 1) * size))
    }
    const weightsManifest = [{ paths, weights: weightSpecs }]
    await writeAside(path, `${JSON.stringify({ format: 'layers-model', modelTopology, weightsManifest })}\n`)
    return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } }
  })
  await model.save(keep)
  return path
}
