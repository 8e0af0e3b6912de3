import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ImageId } from '#common/contract/ids.ts'
import { Ranking } from '#main/engine/report/ranking.ts'

describe('Ranking', () => {
  it('keeps what sorting everything would put first, in any order of arrival', () => {
    const values = fc.array(fc.record({ value: fc.integer({ min: 0, max: 5 }), order: fc.nat() }), { maxLength: 30 })
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 8 }), (list, limit) => {
        const items = list.map(({ value, order }, imageId) => ({ value, imageId: imageId as ImageId, order }))
        const sorted = [...items].sort((a, b) => a.value - b.value || a.imageId - b.imageId)
        const [lowest, highest] = [new Ranking<object>(limit, 'lowest'), new Ranking<object>(limit, 'highest')]
        for (const item of [...items].sort((a, b) => a.order - b.order)) {
          lowest.add(item.value, item.imageId, item)
          highest.add(item.value, item.imageId, item)
        }
        expect(lowest.items).toEqual(sorted.slice(0, limit))
        expect(highest.items).toEqual(sorted.reverse().slice(0, limit))
      }),
    )
  })
})
