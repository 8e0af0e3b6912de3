import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AppError } from '#common/contract/errors.ts'
import type { Bitmap } from '#common/mask/bitmap.ts'
import { countStroke, noStep, replayJournal, type StrokeStep } from '#common/mask/stroke-journal.ts'
import { applyTiles, diffTiles, type TilePatch } from '#common/mask/tile-patch.ts'

interface Step extends StrokeStep {
  readonly name?: string
}

function stepsOf(text: string): Step[] {
  return Array.from(text, (letter) =>
    letter === '<' ? { kind: 'undo' } : letter === '>' ? { kind: 'redo' } : { kind: 'paint', name: letter },
  )
}

/** The names of the paints in force, and of those that can be taken up again. */
function replay(text: string): string {
  const { applied, undone } = replayJournal(stepsOf(text))
  return `${applied.map(({ name }) => name).join('')}|${undone.map(({ name }) => name).join('')}`
}

function codeOf(work: () => unknown): string | undefined {
  try {
    work()
    return undefined
  } catch (error) {
    return (error as AppError).code
  }
}

const [width, height] = [150, 70]

function bitmapOf(seed: readonly number[]): Bitmap {
  return {
    width,
    height,
    data: Uint8Array.from({ length: width * height }, (_, i) => (seed[i % seed.length]! + i) & 1),
  }
}

function differing({ data }: Bitmap, change: { x: number; y: number; side: number; value: number }): Bitmap {
  const after = data.slice()
  for (let y = change.y; y < Math.min(height, change.y + change.side); y++) {
    for (let x = change.x; x < Math.min(width, change.x + change.side); x++) after[y * width + x] = change.value
  }
  return { width, height, data: after }
}

const square = fc.record({
  x: fc.nat(width - 1),
  y: fc.nat(height - 1),
  side: fc.integer({ min: 1, max: 80 }),
  value: fc.nat(1),
})

describe('replayJournal', () => {
  it.each([
    ['', '|'],
    ['abc', 'abc|'],
    ['abc<', 'ab|c'],
    ['abc<<', 'a|cb'],
    ['abc<<>', 'ab|c'],
    ['abc<<>>', 'abc|'],
    ['abc<<d', 'ad|'],
    ['abc<<d<', 'a|d'],
    ['a<b<', '|b'],
  ])('follows %j to %j', (text, expected) => {
    expect(replay(text)).toBe(expected)
  })

  it.each(['<', '>', 'a<<', 'a>', 'a<b>'])('refuses %j, which goes where there is no step', (text) => {
    expect(codeOf(() => replay(text))).toBe('mask.no-step')
  })

  it('says where one can go from there', () => {
    expect(replayJournal([])).toMatchObject({ canUndo: false, canRedo: false })
    expect(replayJournal(stepsOf('a'))).toMatchObject({ canUndo: true, canRedo: false })
    expect(replayJournal(stepsOf('ab<'))).toMatchObject({ canUndo: true, canRedo: true })
    expect(replayJournal(stepsOf('a<'))).toMatchObject({ canUndo: false, canRedo: true })
    expect([noStep('undo').code, noStep('redo').code]).toEqual(['mask.no-step', 'mask.no-step'])
  })

  it('makes the mask that the person saw, whatever way there was to it', () => {
    const wish = fc.oneof(square, fc.constantFrom('undo' as const, 'redo' as const))
    fc.assert(
      fc.property(
        fc.array(fc.nat(9), { minLength: 1, maxLength: 5 }),
        fc.array(wish, { maxLength: 40 }),
        (seed, wishes) => {
          const base = bitmapOf(seed)
          // what a person sees: whole masks, the one shown and those that undo and redo would show
          let [shown, before, ahead]: [Bitmap, Bitmap[], Bitmap[]] = [base, [], []]
          const journal: (StrokeStep & { tiles?: readonly TilePatch[] })[] = []
          for (const asked of wishes) {
            if (typeof asked === 'object') {
              const next = differing(shown, asked)
              journal.push({ kind: 'paint', tiles: diffTiles(shown, next) })
              ;[before, shown, ahead] = [[...before, shown], next, []]
            } else if (asked === 'undo' && before.length > 0) {
              journal.push({ kind: 'undo' })
              ;[ahead, shown, before] = [[shown, ...ahead], before.at(-1)!, before.slice(0, -1)]
            } else if (asked === 'redo' && ahead.length > 0) {
              journal.push({ kind: 'redo' })
              ;[before, shown, ahead] = [[...before, shown], ahead[0]!, ahead.slice(1)]
            }
          }
          const replayed = { ...base, data: base.data.slice() }
          const { applied, canUndo, canRedo } = replayJournal(journal)
          for (const { tiles } of applied) applyTiles(replayed, tiles!)
          expect(replayed.data).toEqual(shown.data)
          expect({ canUndo, canRedo }).toEqual({ canUndo: before.length > 0, canRedo: ahead.length > 0 })
        },
      ),
      { numRuns: 60 },
    )
  })
})

describe('countStroke', () => {
  it('counts what a patch adds and removes, as a look at every pixel does', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9), { minLength: 1, maxLength: 5 }), square, (seed, change) => {
        const before = bitmapOf(seed)
        const after = differing(before, change)
        let [added, removed] = [0, 0]
        before.data.forEach((value, i) => {
          if (value < after.data[i]!) added++
          if (value > after.data[i]!) removed++
        })
        const copy = before.data.slice()
        expect(countStroke(before, diffTiles(before, after))).toEqual({ added, removed })
        expect(before.data).toEqual(copy)
      }),
    )
  })

  it('is nothing for no tiles', () => {
    expect(countStroke(bitmapOf([1]), [])).toEqual({ added: 0, removed: 0 })
  })
})
