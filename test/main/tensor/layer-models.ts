import { readFile, writeFile } from 'node:fs/promises'
import * as tf from '@tensorflow/tfjs'
import type { Graph } from '#main/tensor/graph.ts'
import { graphOfLayersModel } from '#main/tensor/layers-to-graph.ts'
import { readLayersModel } from '#main/tensor/read-layers-model.ts'
import { wasmRuntime } from '#main/tensor/tfjs/wasm-runtime.ts'
import { writeLayersModel } from '#main/tensor/write-layers-model.ts'
import { seededUniform, setSeededWeights } from '../../builders/small-model.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import type { LayerCase } from './layer-cases.ts'
import { onTestFinished } from 'vitest'

/** Builds a case's model, saves it, makes the changes of its file, and reads it as the program does. */
export async function readCase({ input = [7, 9, 3], build, keras = {} }: LayerCase): Promise<{
  model: tf.LayersModel
  graph: Graph
}> {
  await wasmRuntime.start()
  await tf.setBackend('wasm')
  const x = tf.input({ shape: [...input] })
  const built = tf.model({ inputs: x, outputs: build(x) })
  setSeededWeights(built, 7)
  const path = await writeLayersModel(built, temporaryFolder())
  built.dispose()
  await changeLayers(path, keras)
  const { model } = await readLayersModel(path)
  onTestFinished(() => void model.dispose())
  return { model, graph: graphOfLayersModel(model, input) }
}

interface SavedLayer {
  readonly config: Record<string, unknown> & { readonly name: string }
}
interface SavedModel {
  readonly modelTopology: { readonly model_config?: SavedConfig } & Partial<SavedConfig>
}
interface SavedConfig {
  readonly config: { readonly layers: readonly SavedLayer[] }
}

async function changeLayers(path: string, changes: NonNullable<LayerCase['keras']>): Promise<void> {
  if (Object.keys(changes).length === 0) return
  const saved = JSON.parse(await readFile(path, 'utf8')) as SavedModel
  const layers = (saved.modelTopology.model_config ?? (saved.modelTopology as SavedConfig)).config.layers
  for (const [name, change] of Object.entries(changes)) {
    Object.assign(layers.find(({ config }) => config.name === name)!.config, change)
  }
  await writeFile(path, JSON.stringify(saved))
}

/** Values in −1…1 that depend on the seed only. */
export function seededValues(size: number, seed: number): Float32Array {
  const uniform = seededUniform(seed)
  return Float32Array.from({ length: size }, () => 2 * uniform() - 1)
}

/** Largest difference, as a share of the largest expected value. */
export function relativeDifference(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (found.length !== expected.length) return Infinity
  let largest = 0
  let scale = Number.MIN_VALUE
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(found[i]! - expected[i]!)
    largest = Number.isNaN(difference) ? Infinity : Math.max(largest, difference)
    scale = Math.max(scale, Math.abs(expected[i]!))
  }
  return largest / scale
}
