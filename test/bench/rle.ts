import { countOverlap } from '#common/mask/overlap.ts'
import { unionRle } from '#common/mask/combine.ts'
import { decodeRle, encodeRle, rleArea } from '#common/mask/rle.ts'
import { naiveArea, naiveDecode, naiveEncode, pixelwise } from '../common/mask/oracles.ts'
import { blobMask } from '../common/mask/sample-masks.ts'
import type { BenchResult, Row } from './benchmark.ts'

/** The quietest of seven runs in milliseconds, after one that lets the compiler see the code: the machine is shared. */
function quietestMs(work: () => unknown): number {
  work()
  const times = Array.from({ length: 7 }, () => {
    const start = performance.now()
    work()
    return performance.now() - start
  })
  return Math.min(...times)
}

/** Run-length codes of 12-megapixel object masks against the naive walk down the columns, in the same run. */
export default function bench(): Promise<BenchResult> {
  const mask = blobMask(4000, 3000)
  const other = blobMask(4000, 3000, 0.03)
  const odd = blobMask(4001, 2999)
  const [rle, otherRle, oddRle] = [encodeRle(mask), encodeRle(other), encodeRle(odd)]
  const cases: { what: string; fast: () => unknown; naive: () => unknown; budget?: string }[] = [
    { what: 'encode', fast: () => encodeRle(mask), naive: () => naiveEncode(mask), budget: '≤ 10 ms' },
    { what: 'encode, odd width', fast: () => encodeRle(odd), naive: () => naiveEncode(odd), budget: '≤ 10 ms' },
    { what: 'decode', fast: () => decodeRle(rle), naive: () => naiveDecode(rle), budget: '≤ 10 ms' },
    { what: 'decode, odd width', fast: () => decodeRle(oddRle), naive: () => naiveDecode(oddRle), budget: '≤ 10 ms' },
    { what: 'area', fast: () => rleArea(rle), naive: () => naiveArea(mask) },
    { what: 'union', fast: () => unionRle([rle, otherRle], rle), naive: () => pixelwise(mask, other, (a, b) => a | b) },
    {
      what: 'overlap',
      fast: () => countOverlap(rle, otherRle),
      naive: () => [naiveArea(mask), naiveArea(other), naiveArea(pixelwise(mask, other, (a, b) => a & b))],
    },
  ]
  const rows = cases.flatMap(({ what, fast, naive, budget }): Row[] => {
    const [fastMs, naiveMs] = [quietestMs(fast), quietestMs(naive)]
    return [
      { what, value: fastMs, unit: 'ms', ...(budget === undefined ? {} : { budget }) },
      { what: `${what}, naive`, value: naiveMs, unit: 'ms' },
      { what: `${what}, naive ÷ fast`, value: naiveMs / fastMs, unit: '×' },
    ]
  })
  return Promise.resolve({ name: `mask of 12 megapixels, ${rle.counts.length} runs`, rows })
}
