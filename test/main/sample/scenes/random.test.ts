import { describe, expect, it } from 'vitest'
import { scramble, seededRandom, type Random } from '#main/sample/scenes/random.ts'

const draws = (random: Random, n = 2000): number[] => Array.from({ length: n }, () => random.between(0, 1))
const mean = (values: readonly number[]): number => values.reduce((sum, each) => sum + each, 0) / values.length

describe('the seeded source of choices', () => {
  it('gives the same choices for the same seed, others for another', () => {
    expect(draws(seededRandom(5), 5)).toEqual(draws(seededRandom(5), 5))
    expect(draws(seededRandom(5), 5)).not.toEqual(draws(seededRandom(6), 5))
  })

  it('keeps parts of the work apart: a fork does not depend on what was drawn before, nor move what comes after', () => {
    const [plain, forked] = [seededRandom(5), seededRandom(5)]
    const early = draws(forked.fork(1), 3)
    expect(draws(forked, 3)).toEqual(draws(plain, 3))
    expect(draws(forked.fork(1), 3)).toEqual(early)
    expect(draws(forked.fork(2), 3)).not.toEqual(early)
  })

  it('draws within its bounds, evenly', () => {
    const random = seededRandom(1)
    const uniform = Array.from({ length: 2000 }, () => random.between(-2, 3))
    expect(Math.min(...uniform)).toBeGreaterThanOrEqual(-2)
    expect(Math.max(...uniform)).toBeLessThan(3)
    expect(mean(uniform)).toBeCloseTo(0.5, 0)
    const whole = Array.from({ length: 2000 }, () => random.whole(1, 3))
    expect([1, 2, 3].map((value) => Math.round(whole.filter((each) => each === value).length / 100))).toEqual([7, 7, 7])
    expect(new Set(Array.from({ length: 100 }, () => random.pick(['a', 'b'])))).toEqual(new Set(['a', 'b']))
    expect(Math.round(mean(Array.from({ length: 2000 }, () => Number(random.chance(0.2)))) * 10)).toBe(2)
  })

  it('draws bells of deviation 1 around 0', () => {
    const random = seededRandom(2)
    const bells = Array.from({ length: 4000 }, () => random.bell())
    expect(Math.abs(mean(bells))).toBeLessThan(0.06)
    expect(mean(bells.map((each) => each * each))).toBeCloseTo(1, 1)
  })

  it('scrambles so that neighbours have nothing in common', () => {
    const numbers = Array.from({ length: 1000 }, (_, i) => scramble(Math.floor(i / 40), i % 40))
    expect(new Set(numbers).size).toBe(1000)
    const flipped = numbers.map((each, i) => bits(each ^ scramble(Math.floor(i / 40), (i % 40) + 100)))
    expect(mean(flipped)).toBeCloseTo(16, 0)
  })
})

function bits(value: number): number {
  let n = 0
  for (let rest = value >>> 0; rest !== 0; rest >>>= 1) n += rest & 1
  return n
}
