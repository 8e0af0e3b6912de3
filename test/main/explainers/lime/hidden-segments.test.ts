import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { preprocessings } from '#common/contract/procedures/models.ts'
import { segmentHider } from '#main/explainers/lime/hidden-segments.ts'
import { preprocess } from '#main/tensor/preprocess.ts'

/** Hides on the bytes, then preprocesses: once a sample. */
function hidePlainly(photo: Uint8Array, labels: Uint16Array, shown: Uint8Array): Uint8Array {
  const result = photo.slice()
  shown.forEach((isShown, segment) => {
    if (isShown === 1) return
    const pixels = [...labels.keys()].filter((i) => labels[i] === segment)
    for (let c = 0; c < 3; c++) {
      const mean = pixels.reduce((sum, i) => sum + photo[3 * i + c]!, 0) / pixels.length
      for (const i of pixels) result[3 * i + c] = Math.trunc(mean)
    }
  })
  return result
}

describe('segmentHider', () => {
  it('equals hiding on the bytes before preprocessing, in every preprocessing', () => {
    const bytes = fc.uint8Array({ minLength: 60, maxLength: 60 })
    const bits = fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 4, maxLength: 4 })
    const order = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 16, maxLength: 16 })
    fc.assert(
      fc.property(bytes, bits, order, fc.constantFrom(...preprocessings), (photo, bitsShown, rest, preprocessing) => {
        const labels = Uint16Array.of(0, 1, 2, 3, ...rest)
        const shown = Uint8Array.from(bitsShown)
        const target = new Float32Array(photo.length)
        const input = preprocess(photo, preprocessing)
        segmentHider({ labels, nSegments: 4, photo, input, preprocessing })(shown, target)
        expect(target).toEqual(preprocess(hidePlainly(photo, labels, shown), preprocessing))
      }),
    )
  })
})
