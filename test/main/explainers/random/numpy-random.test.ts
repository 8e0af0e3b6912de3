import { describe, expect, it } from 'vitest'
import { randomState } from '#main/explainers/random/mt19937.ts'
import { Pcg64 } from '#main/explainers/random/pcg64.ts'
import { standardNormals } from '#main/explainers/random/ziggurat-normal.ts'

// Every number here was printed by NumPy 1.26.4.

describe('randomState', () => {
  it.each([
    [42, [102], '10001000100001011101011111111001'],
    [0, [684, 559, 629], '01111111001000001011'],
    [7, [175, 196, 537], '01111010101000010001'],
    [4294967295, [419, 290, 12], '10000101101101101100'],
  ])('draws what RandomState(%i) draws: randint(0, 1000), then randint(0, 2)', (seed, thousands, bits) => {
    const random = randomState(seed)
    expect(thousands.map(() => random.below(1000))).toEqual(thousands)
    expect(Array.from({ length: bits.length }, () => random.bit()).join('')).toBe(bits)
  })

  it('draws uniform numbers as random_sample does', () => {
    const random = randomState(42)
    expect([random.uniform(), random.uniform(), random.uniform()]).toEqual([
      0.3745401188473625, 0.9507143064099162, 0.7319939418114051,
    ])
  })

  it('draws nothing for the only number below 1', () => {
    const random = randomState(42)
    expect(random.below(1)).toBe(0)
    expect(random.below(1000)).toBe(102)
  })
})

describe('Pcg64', () => {
  it.each<[number, string[]]>([
    [
      42,
      [
        'c621fbcd16d92688',
        '705a5661a791ffc1',
        'dbcd12c26eda1624',
        'b286b60e1600888d',
        '181c01b5339381eb',
        'f9c262ed86c7538c',
      ],
    ],
    [0, ['a30febcfd9c2825f', '4510bdf882d9d721']],
    [4294967295, ['407f5fa930d8fd9f', '3814b22eb9684802']],
  ])('draws what default_rng(%i) draws', (seed, words) => {
    const random = new Pcg64(seed)
    const drawn = words.map(() => {
      random.next()
      return [random.high, random.low].map((word) => word.toString(16).padStart(8, '0')).join('')
    })
    expect(drawn).toEqual(words)
  })
})

describe('standardNormals', () => {
  it('draws what default_rng(seed).standard_normal draws', () => {
    const of42 = [0.30471707975443135, -1.0399841062404955, 0.7504511958064572, 0.9405647163912139]
    const of7 = [0.0012301533574825742, 0.2987455375084699, -0.2741378553622176, -0.8905918387572742]
    standardNormals(new Pcg64(42), 4).forEach((value, i) => expect(value).toBeCloseTo(of42[i]!, 14))
    standardNormals(new Pcg64(7), 4).forEach((value, i) => expect(value).toBeCloseTo(of7[i]!, 14))
  })

  it('stays in step over many numbers, also through the tail and the rejections', () => {
    const drawn = standardNormals(new Pcg64(42), 200_000)
    const tail = { 5627: -4.389114584864837, 8091: 4.0258240427272645, 19173: -3.700091559090642 }
    for (const [at, value] of Object.entries(tail)) expect(drawn[Number(at)]).toBeCloseTo(value, 12)
    expect(drawn[199_999]).toBeCloseTo(0.26900288242347326, 12)
    expect(drawn.reduce((sum, value) => sum + value)).toBeCloseTo(-151.56591628063495, 8)
  })
})
