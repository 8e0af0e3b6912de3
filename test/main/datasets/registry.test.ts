import { describe, expect, it } from 'vitest'
import { datasetFormat, datasetFormats } from '#main/datasets/registry.ts'

const isFunction: unknown = expect.any(Function)

describe('datasetFormat', () => {
  it('finds each format by its id, and each can read or write', () => {
    for (const format of datasetFormats) {
      expect(datasetFormat(format.id)).toBe(format)
      expect(format.read ?? format.write).toBeTypeOf('function')
    }
    expect(new Set(datasetFormats.map(({ id }) => id)).size).toBe(datasetFormats.length)
  })

  it('has the names that scripts rely on', () => {
    const both = ['coco', 'coco-results', 'labelme', 'voc', 'yolo-seg', 'cvat', 'png']
    for (const id of both) expect(datasetFormat(id)).toMatchObject({ read: isFunction, write: isFunction })
    for (const id of ['folder', 'filename', 'caltech101']) expect(datasetFormat(id)).toMatchObject({ read: isFunction })
  })

  it('names the formats where an id is unknown', () => {
    expect(() => datasetFormat('tiff')).toThrow(expect.objectContaining({ code: 'request.usage' }))
  })
})
