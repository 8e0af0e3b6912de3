import { describe, expect, it } from 'vitest'
import type { RgbImage } from '#common/image/rgb-image.ts'
import { PhotoLevels } from '#main/engine/photo-levels.ts'
import { halveImage } from '#main/files/halve-image.ts'

const photo: RgbImage = { width: 12, height: 8, data: new Uint8Array(12 * 8 * 3).fill(90) }

describe('PhotoLevels', () => {
  it('halves the photo level by level, each once', async () => {
    const halved: number[] = []
    const levels = new PhotoLevels(photo, (image) => {
      halved.push(image.width)
      return halveImage(image)
    })
    const sizes = await Promise.all([2, 0, 1, 2].map(async (level) => (await levels.at(level)).width))
    expect(sizes).toEqual([3, 12, 6, 3])
    expect(halved).toEqual([12, 6])
  })

  it('makes a level anew that could not be made, and those that follow from it', async () => {
    let hasMemory = false
    const levels = new PhotoLevels(photo, (image) =>
      hasMemory ? halveImage(image) : Promise.reject(new Error('out of memory')),
    )
    await expect(Promise.all([levels.at(1), levels.at(2)])).rejects.toThrow('out of memory')
    hasMemory = true
    expect(await levels.at(2)).toMatchObject({ width: 3, height: 2 })
    expect((await levels.at(1)).data).toHaveLength(6 * 4 * 3)
  })
})
