import { describe, expect, it } from 'vitest'
import { emptyBitmap } from '#common/mask/bitmap.ts'
import { drawOutline } from '#common/mask/draw-outline.ts'
import { emptyRle, encodeRle } from '#common/mask/rle.ts'

/** A mask of 40 × 20 pixels whose left half is object. */
function leftHalf(): ReturnType<typeof encodeRle> {
  const bitmap = emptyBitmap(40, 20)
  bitmap.data.forEach((_, i) => (bitmap.data[i] = i % 40 < 20 ? 1 : 0))
  return encodeRle(bitmap)
}

describe('the outline of a mask as a drawing', () => {
  it('goes around the mask at the size of the drawing', () => {
    expect(drawOutline(leftHalf(), { width: 8, height: 4 }, false)).toContain('d="M4 0L4 4L0 4L0 0L4 0"')
  })

  it('is dashed for a machine mask and solid for a correction, both on a dark casing', () => {
    const size = { width: 8, height: 4 }
    expect(drawOutline(leftHalf(), size, false)).toMatch(/stroke="#000".*stroke="#fff".*stroke-dasharray/)
    const corrected = drawOutline(leftHalf(), size, true)
    expect(corrected).toMatch(/stroke="#000".*stroke="#55d2ff"/)
    expect(corrected).not.toContain('dasharray')
  })

  it('is nothing for an empty mask', () => {
    expect(drawOutline(emptyRle(40, 20), { width: 8, height: 4 }, false)).toBe('')
  })
})
