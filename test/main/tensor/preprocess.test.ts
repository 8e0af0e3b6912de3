import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { preprocessings } from '#common/contract/procedures/models.ts'
import { readNpy } from '#main/files/npy.ts'
import { preprocess } from '#main/tensor/preprocess.ts'

const photo = Uint8Array.from({ length: 256 * 3 }, (_, at) => {
  const i = Math.floor(at / 3)
  return [i, 255 - i, (7 * i) % 256][at % 3]!
})

describe('preprocessing', () => {
  // preprocess.npy: made by make_preprocess.py beside it
  it.each(preprocessings)('%s gives every byte the float32 that NumPy gives it', async (kind) => {
    const { data, shape } = await readNpy(join(import.meta.dirname, '../../fixtures/tensor/preprocess.npy'))
    expect(shape).toEqual([preprocessings.length, 256, 3])
    const at = preprocessings.indexOf(kind) * photo.length
    expect([...preprocess(photo, kind)]).toEqual([...data.subarray(at, at + photo.length)])
  })

  it('goes into the memory that it is given', () => {
    const target = new Float32Array(photo.length).fill(NaN)
    expect(preprocess(photo, 'torch', target)).toBe(target)
    expect(target).toEqual(preprocess(photo, 'torch'))
  })

  it('caffe turns red, green, blue into blue, green, red', () => {
    const red = preprocess(Uint8Array.of(255, 0, 0), 'caffe')
    expect(red.map(Math.round)).toEqual(Float32Array.of(-104, -117, 131))
  })
})
