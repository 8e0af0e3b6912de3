import { describe, expect, it } from 'vitest'
import { ownBackground, planScenes, sampleSplits, type PlannedScene } from '#main/sample/scenes/sample-plan.ts'

const plans = sampleSplits.map((plan) => ({ ...plan, scenes: planScenes(42, plan) }))
const count = <Key>(scenes: readonly PlannedScene[], keyOf: (scene: PlannedScene) => Key): Map<Key, number> => {
  const counts = new Map<Key, number>()
  for (const scene of scenes) counts.set(keyOf(scene), (counts.get(keyOf(scene)) ?? 0) + 1)
  return counts
}

/** Cramér's V of class and background: 0 independent, 1 one decides the other. */
function cramersV(scenes: readonly PlannedScene[]): number {
  const [classes, grounds] = [count(scenes, (s) => s.className), count(scenes, (s) => s.background)]
  const both = count(scenes, (s) => `${s.className} ${s.background}`)
  let chiSquare = 0
  for (const [className, nClass] of classes) {
    for (const [background, nBackground] of grounds) {
      const expected = (nClass * nBackground) / scenes.length
      chiSquare += ((both.get(`${className} ${background}`) ?? 0) - expected) ** 2 / expected
    }
  }
  return Math.sqrt(chiSquare / scenes.length / 2)
}

describe('the plan of the sample', () => {
  it('has two training sets and two test sets that differ in nothing but the shortcut', () => {
    const sizes = Object.fromEntries(plans.map(({ split, n, correlation }) => [split, [n, correlation]]))
    expect(sizes).toEqual({
      'train-shortcut': [1200, 0.97],
      'train-fair': [1200, 0],
      test: [210, 0.97],
      'test-fair': [210, 0],
    })
  })

  it.each(plans)('makes $split as correlated as planned', ({ scenes, n, correlation }) => {
    expect(scenes).toHaveLength(n)
    expect([...count(scenes, (s) => s.className).values()]).toEqual([n / 3, n / 3, n / 3])
    expect(Math.abs(cramersV(scenes) - correlation)).toBeLessThan(0.02)
    const own = scenes.filter((s) => s.background === ownBackground[s.className]).length
    expect(own).toBe(3 * Math.round((n / 3) * (correlation + (1 - correlation) / 3)))
  })

  it('is as correlated in any part of a split, by the chance of the draw', () => {
    const [shortcut, fair] = plans.map(({ scenes }) => cramersV(scenes.slice(100, 400)))
    expect(shortcut).toBeGreaterThan(0.9)
    expect(fair).toBeLessThan(0.2)
  })

  it('follows a plan of any length and correlation', () => {
    const plan = { split: 'test', n: 7, correlation: 1, stream: 9 } as const
    expect(planScenes(1, plan).map(({ file }) => file)).toEqual([
      'beetle/0001.png',
      'butterfly/0002.png',
      'turtle/0003.png',
      'beetle/0004.png',
      'butterfly/0005.png',
      'turtle/0006.png',
      'beetle/0007.png',
    ])
    expect(planScenes(1, plan).every((s) => s.background === ownBackground[s.className])).toBe(true)
    expect(planScenes(1, { ...plan, n: 0 })).toEqual([])
  })

  it('has no scene twice, in one split or in two, and is the same every time', () => {
    const all = plans.flatMap(({ scenes }) => scenes.map(({ seed, index }) => `${seed} ${index}`))
    expect(new Set(all).size).toBe(all.length)
    expect(planScenes(42, sampleSplits[0]!)).toEqual(plans[0]!.scenes)
    expect(planScenes(43, sampleSplits[0]!)).not.toEqual(plans[0]!.scenes)
  })
})
