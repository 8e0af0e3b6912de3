import type { EngineHandlers } from '#common/contract/index.ts'
import { recognise } from '#main/datasets/recognise.ts'
import { datasetFormats } from '#main/datasets/registry.ts'

/** What folders look like, before anything of them belongs to a project. */
export function recognisingHandlers(): Pick<EngineHandlers, 'dataset.recognise'> {
  return {
    'dataset.recognise': async ({ path }) => {
      const found = await recognise(path, datasetFormats)
      return {
        formats: found.map(({ imagesDir: images, annotations = null, ...each }) => ({ ...each, images, annotations })),
      }
    },
  }
}
