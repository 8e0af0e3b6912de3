import { describe, expect, it } from 'vitest'
import { datasetFormat, datasetFormats } from '#main/datasets/registry.ts'

describe('datasetFormat', () => {
  it('finds each format by its id, and each can read or write', () => {
    for (const format of datasetFormats) {
      expect(datasetFormat(format.id)).toBe(format)
      expect(format.read ?? format.write).toBeTypeOf('function')
    }
    expect(new Set(datasetFormats.map(({ id }) => id)).size).toBe(datasetFormats.length)
  })

  it('names the formats where an id is unknown', () => {
    expect(() => datasetFormat('tiff')).toThrow(expect.objectContaining({ code: 'request.usage' }))
  })
})
