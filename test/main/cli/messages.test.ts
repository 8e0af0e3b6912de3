import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Messages } from '#main/cli/messages.ts'
import { durationWords, progressBar, progressWords } from '#main/cli/progress.ts'

const half = { step: 'classifying', done: 185, total: 370, etaMs: 61_000 }

function recorder(facts: { isTTY?: boolean; columns?: number } = {}) {
  const written: string[] = []
  return { ...facts, written, write: (text: string) => written.push(text) }
}

describe('progress in words', () => {
  it('says count, share and time left', () => {
    expect(progressWords(half)).toBe('classifying: 185 of 370 (50 %), 2 min left')
    expect(progressWords({ ...half, done: 12.7, etaMs: null })).toBe('classifying: 12 of 370 (3 %)')
    expect(progressWords({ step: 'reading', done: 7, total: null, etaMs: null })).toBe('reading: 7')
    expect(progressWords({ step: 'loading', done: 0, total: null, etaMs: null })).toBe('loading')
  })

  it('never says that all is done before it is', () => {
    expect(progressWords({ ...half, done: 369.9, etaMs: null })).toContain('(99 %)')
    expect(progressWords({ ...half, done: 0, total: 0, etaMs: null })).toContain('(100 %)')
  })

  it('says times as people do', () => {
    expect([0, 900, 59_000, 60_000, 3_599_000, 3_600_000, 7_500_000].map(durationWords)).toEqual([
      '0 s',
      '1 s',
      '59 s',
      '1 min',
      '1 h 0 min',
      '1 h 0 min',
      '2 h 5 min',
    ])
  })

  it('has a bar that fits the terminal', () => {
    expect(progressBar(half, 80)).toBe('[############------------] classifying: 185 of 370 (50 %), 2 min left')
    fc.assert(
      fc.property(fc.float({ min: 0, max: 500, noNaN: true }), fc.integer({ min: 0, max: 200 }), (done, width) => {
        expect(progressBar({ ...half, done }, width).length).toBeLessThanOrEqual(width)
      }),
    )
  })
})

describe('messages', () => {
  it('print a line every two seconds where there is no terminal, and none for what is done', () => {
    let now = 0
    const stream = recorder()
    const messages = new Messages(stream, { now: () => now })
    for (const [at, done] of [
      [100, 1],
      [2000, 2],
      [2100, 3],
      [3999, 4],
      [4000, 5],
      [9000, 370],
    ] as const) {
      now = at
      messages.progress({ ...half, done, etaMs: null })
    }
    expect(stream.written).toEqual(['classifying: 2 of 370 (0 %)\n', 'classifying: 5 of 370 (1 %)\n'])
  })

  it('draw one bar on a terminal and take it away before anything else', () => {
    const stream = recorder({ isTTY: true, columns: 60 })
    const messages = new Messages(stream)
    messages.progress(half)
    messages.note('by the way')
    messages.clear()
    expect(stream.written).toEqual([
      '\r\u001b[K[############------------] classifying: 185 of 370 (50 %), ',
      '\r\u001b[K',
      'by the way\n',
    ])
  })

  it('draw a whole bar on a terminal that does not know how wide it is', () => {
    const stream = recorder({ isTTY: true, columns: 0 })
    new Messages(stream).progress(half)
    expect(stream.written).toEqual(['\r\u001b[K[############------------] classifying: 185 of 370 (50 %), 2 min left'])
  })

  it('are silenced by quiet, but for errors', () => {
    const stream = recorder({ isTTY: true })
    const messages = new Messages(stream, { isQuiet: true })
    messages.progress(half)
    messages.note('by the way')
    messages.failures([{ image: 'a.jpg', code: 'file.missing', message: 'it is gone', hint: 'Look for it.' }])
    messages.error('obalex: no')
    expect(stream.written).toEqual(['obalex: a.jpg: it is gone — Look for it.\n', 'obalex: no\n'])
  })
})
