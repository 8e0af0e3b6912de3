import { AppError } from '#common/contract/errors.ts'
import type { ClassifierEntry } from '#common/contract/procedures/catalogue.ts'
import { matchFeatures, planNetwork } from '#main/classifiers/plan-network.ts'
import { storedLayers } from '#main/files/stored-layers.ts'
import { openHdf5, type Hdf5File } from '#main/files/hdf5.ts'
import { areFinite } from '#main/tensor/are-finite.ts'

/**
 * What speaks against a file's holding an architecture's weights: every layer with the right shapes and nothing else, and
 * numbers in them. For entries without a published hash.
 * @param architecture `top`: with its classes; else without any head
 * @returns null where nothing does
 */
export async function structureProblem(
  path: string,
  architecture: ClassifierEntry['architecture'],
): Promise<string | null> {
  let file: Hdf5File | undefined
  try {
    file = await openHdf5(path)
    return problemOf(file, architecture)
  } catch (error) {
    if (!(error instanceof AppError) || (error.code !== 'file.format' && error.code !== 'model.format')) throw error
    return error.message.replace(path, 'the file').replace(/\.$/, '')
  } finally {
    file?.close()
  }
}

function problemOf(file: Hdf5File, architecture: ClassifierEntry['architecture']): string | null {
  const stored = storedLayers(file)
  if (stored === null) return 'it does not hold weights as Keras saves them'
  const matched = architecture.top ? planNetwork(architecture, stored).tensors : matchFeatures(architecture, stored)
  for (const tensors of matched.values()) {
    for (const { name, blocks } of tensors.values()) {
      for (const block of blocks()) if (!areFinite(block)) return `its tensor ${name} holds values that are no numbers`
    }
  }
  return null
}
