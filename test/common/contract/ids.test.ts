import { describe, expectTypeOf, it } from 'vitest'
import type { ImageId, InstanceMaskId, MaskRevisionId } from '../../../common/contract/ids.ts'

describe('ids', () => {
  it('are numbers', () => {
    expectTypeOf<ImageId>().toExtend<number>()
  })

  it('do not go in for one another, nor does a plain number', () => {
    expectTypeOf<ImageId>().not.toExtend<InstanceMaskId>()
    expectTypeOf<InstanceMaskId>().not.toExtend<MaskRevisionId>()
    expectTypeOf<number>().not.toExtend<ImageId>()
  })
})
