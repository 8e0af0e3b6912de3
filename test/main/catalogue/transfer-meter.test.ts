import { expect, it } from 'vitest'
import type { TransferProgress } from '#common/contract/procedures/catalogue.ts'
import { TransferMeter } from '#main/catalogue/transfer-meter.ts'

function makeMeter(): { report: (at: number, done: number, total?: number | null, step?: string) => TransferProgress } {
  let now = 0
  let last: TransferProgress | undefined
  const meter = new TransferMeter(
    (progress) => (last = progress),
    () => now,
  )
  return {
    report: (at, done, total = 10_000, step = 'downloading') => {
      now = at
      meter.report(step, done, total)
      return last!
    },
  }
}

it('tells the speed of the last seconds and the time left at it', () => {
  const { report } = makeMeter()
  expect(report(0, 1000)).toEqual({ step: 'downloading', done: 1000, total: 10_000, etaMs: null, bytesPerSecond: null })
  expect(report(400, 1400)).toMatchObject({ bytesPerSecond: null })
  expect(report(1000, 2000)).toMatchObject({ bytesPerSecond: 1000, etaMs: 8000 })
  for (let at = 2000; at <= 6000; at += 1000) report(at, at / 10 + 1800)
  expect(report(7000, 2500)).toMatchObject({ bytesPerSecond: 100, etaMs: 75_000 })
})

it('counts what was there before as done, not as speed', () => {
  const { report } = makeMeter()
  report(0, 0, 10_000, 'reading what is there already')
  report(1000, 5000, 10_000, 'reading what is there already')
  expect(report(1001, 5000)).toMatchObject({ bytesPerSecond: null })
  expect(report(2001, 6000)).toMatchObject({ bytesPerSecond: 1000, etaMs: 4000 })
})

it('starts anew where a download does', () => {
  const { report } = makeMeter()
  report(0, 0)
  expect(report(1000, 5000)).toMatchObject({ bytesPerSecond: 5000 })
  expect(report(1100, 0)).toMatchObject({ bytesPerSecond: null, etaMs: null })
  expect(report(2100, 100)).toMatchObject({ bytesPerSecond: 100 })
})

it('knows no time left where the size is not known, or nothing comes', () => {
  const { report } = makeMeter()
  report(0, 0, null)
  expect(report(1000, 100, null)).toMatchObject({ bytesPerSecond: 100, etaMs: null })
  const { report: stalled } = makeMeter()
  stalled(0, 100)
  expect(stalled(9000, 100)).toMatchObject({ bytesPerSecond: 0, etaMs: null })
})
