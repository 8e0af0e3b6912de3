import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Progress } from '#common/contract/procedures/common.ts'
import { ProgressMeter } from '#main/engine/progress.ts'

describe('ProgressMeter', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
  afterEach(() => void vi.useRealTimers())

  /** Reports a list of [ms since the last one, step, done, total] and gives the times left. */
  function etas(reports: readonly (readonly [number, string, number, number | null])[]): (number | null)[] {
    const seen: Progress[] = []
    const meter = new ProgressMeter((progress) => seen.push(progress))
    for (const [ms, step, done, total] of reports) {
      vi.advanceTimersByTime(ms)
      meter.report(step, done, total)
    }
    expect(seen.map(({ step, done, total }) => [step, done, total])).toEqual(reports.map(([, ...rest]) => rest))
    return seen.map(({ etaMs }) => etaMs)
  }

  it('tells the time left by the pace so far, once there is one', () => {
    expect(
      etas([
        [0, 'a', 0, 10],
        [400, 'a', 1, 10],
        [600, 'a', 2, 10],
        [1000, 'a', 2.5, 10],
      ]),
    ).toEqual([null, null, 4000, 6000])
  })

  it('tells what was expected while there is no pace', () => {
    const seen: (number | null)[] = []
    const meter = new ProgressMeter(({ etaMs }) => seen.push(etaMs))
    meter.report('a', 0, 10, 7000)
    vi.advanceTimersByTime(1000)
    meter.report('a', 2, 10, 5600)
    expect(seen).toEqual([7000, 4000])
  })

  it('does not count as pace what was done before', () => {
    expect(
      etas([
        [0, 'a', 90, 100],
        [1000, 'a', 92, 100],
      ]),
    ).toEqual([null, 4000])
  })

  it('begins anew with each step, and knows nothing where the total is unknown', () => {
    expect(
      etas([
        [0, 'a', 0, 2],
        [1000, 'a', 1, 2],
        [1000, 'b', 0, 4],
        [2000, 'b', 1, 4],
      ]),
    ).toEqual([null, 1000, null, 6000])
    expect(
      etas([
        [0, 'a', 0, null],
        [1000, 'a', 5, null],
      ]),
    ).toEqual([null, null])
  })

  it('never tells a negative time', () => {
    expect(
      etas([
        [0, 'a', 0, 2],
        [1000, 'a', 3, 2],
      ]),
    ).toEqual([null, 0])
  })
})
