import { describe, expect, it } from 'vitest'
import { datasetFormat, datasetFormats } from '#main/datasets/registry.ts'
import { annotationsOf, importFormats } from '../../../renderer/stores/import-formats.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { collect, quietContext } from '../../main/datasets/dataset-tools.ts'

const ofDatasets = importFormats.map(({ format }) => format).filter((format) => format !== 'maps')

describe('the formats of the import dialog', () => {
  it('are all that can be read', () => {
    const readable = datasetFormats.filter(({ read }) => read !== undefined).map(({ id }) => id)
    expect([...ofDatasets].sort()).toEqual(readable.sort())
  })

  it.each(ofDatasets)('%s asks for annotations where they are needed', async (format) => {
    const { needs, read } = datasetFormat(format)
    const annotations = annotationsOf(format)
    expect(annotations !== null).toBe(needs.includes('annotations'))
    if (annotations?.isNeeded === true) return
    // the detector's own file is asked for as well
    const request = { imagesDir: temporaryFolder(), predictions: '/none' }
    const outcome = await collect(read!(request, quietContext())).catch((error: unknown) => error)
    expect(outcome).not.toMatchObject({ code: 'request.usage' })
  })
})
