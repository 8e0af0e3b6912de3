import { describe, expect, it } from 'vitest'
import type { ReviewedImage } from '#common/contract/procedures/reviewing.ts'
import { ReviewCache } from '../../../renderer/stores/review-cache.ts'

function makeCache(limit?: number): { cache: ReviewCache; asked: number[]; failOnce: (id: number) => void } {
  const asked: number[] = []
  const failing = new Set<number>()
  const read = (id: number): Promise<ReviewedImage> => {
    asked.push(id)
    return failing.delete(id) ? Promise.reject(new Error('gone')) : Promise.resolve({ id } as ReviewedImage)
  }
  return { cache: new ReviewCache(read, limit), asked, failOnce: (id) => failing.add(id) }
}

describe('ReviewCache', () => {
  it('reads an image once until it is forgotten', async () => {
    const { cache, asked } = makeCache()
    await Promise.all([cache.get(1), cache.get(1)])
    cache.forget(1)
    expect((await cache.get(1)).id).toBe(1)
    expect(asked).toEqual([1, 1])
  })

  it('lets go of what was asked for longest ago', async () => {
    const { cache, asked } = makeCache(2)
    for (const id of [1, 2, 1, 3, 1, 2]) await cache.get(id)
    expect(asked).toEqual([1, 2, 3, 2])
  })

  it('tries again what failed', async () => {
    const { cache, failOnce } = makeCache()
    failOnce(7)
    await expect(cache.get(7)).rejects.toThrow('gone')
    expect((await cache.get(7)).id).toBe(7)
  })
})
