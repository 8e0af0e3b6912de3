import { describe, expect, it } from 'vitest'
import { standingOf } from '../../../renderer/stores/standings.ts'
import { distribution } from './score-distribution.ts'

describe('where an image stands', () => {
  const scores = distribution([
    { image: 1, obalex: 0.4, isCorrect: 1 },
    { image: 2, obalex: 0.2, isCorrect: 1 },
    { image: 3, obalex: 0.1, isCorrect: 0 },
    { image: 4, obalex: NaN, isCorrect: 1 },
    { image: 5, obalex: 0.3, isCorrect: 2 },
  ])

  it('is among the correctly classified images that have a score', () => {
    const { dots, here, rank } = standingOf(scores, 1)
    expect(dots).toEqual([
      { image: 1, score: 0.4 },
      { image: 2, score: 0.2 },
    ])
    expect([here, rank]).toEqual([0.4, 2])
  })

  it.each([3, 4, 5, null])('is nowhere for image %s, which is in no average', (image) => {
    expect(standingOf(scores, image)).toMatchObject({ here: null, rank: null })
  })
})
