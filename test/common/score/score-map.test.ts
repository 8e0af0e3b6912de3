import { describe, expect, it } from 'vitest'
import { maskOnGrid, scoreMap } from '#common/score/score-map.ts'

const object = { width: 4, height: 4, data: Uint8Array.from([0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0]) }

describe('a map with everything that is shown beside its score', () => {
  it('is scored by the rule of its variant', () => {
    const grid = { width: 2, height: 2 }
    const cover = maskOnGrid(object, grid, { variant: 'standard' })
    expect([...cover.data]).toEqual([0.25, 0.25, 0.25, 0.25])
    const paper = maskOnGrid(object, grid, { variant: 'paper' })
    expect([...paper.data].every((cell) => cell === 0 || cell === 1)).toBe(true)
  })

  it('has its cross-checks, and says why there is no number', () => {
    const mask = { width: 2, height: 1, data: Float32Array.from([1, 0]) }
    const map = { width: 2, height: 1, data: Float64Array.from([3, 1]) }
    expect(scoreMap(mask, map, 'standard')).toEqual({
      obalex: 0.75,
      areaShare: 0.5,
      lift: 1.5,
      normalized: 0.5,
      reason: null,
      pointingGame: 1,
      relevanceRank: 1,
      topK: 0.5,
      auc: 1,
    })
    const nothing = { ...map, data: new Float64Array(2) }
    expect(scoreMap(mask, nothing, 'standard')).toMatchObject({ obalex: null, reason: 'no-evidence', auc: null })
    expect(scoreMap(mask, nothing, 'paper')).toMatchObject({ obalex: 0, reason: 'no-evidence' })
  })
})
