import { describe, expect, it } from 'vitest'
import { emptyBitmap, type Bitmap } from '#common/mask/bitmap.ts'
import { growMask } from '#common/mask/reshape.ts'
import { blobMask } from '../../common/mask/sample-masks.ts'
import { handOn, imageOf, instanceOf, journalOf, openSession, storedMap } from './canvas-tools.ts'

const size = { width: 60, height: 40 }
const machine = blobMask(size.width, size.height)
const blank = emptyBitmap(size.width, size.height)
const map = storedMap(
  5,
  { width: 6, height: 4, fit: 'stretch' },
  { values: Float64Array.from({ length: 24 }, (_, i) => i) },
)

function open(instances = [instanceOf(1, machine, machine)]) {
  const opened = openSession(imageOf(size, instances, [map]))
  const hand = handOn(opened.session)
  const dab = (x: number, y: number): void => {
    hand.down(x, y)
    hand.up(x, y)
  }
  const mask = (): Bitmap => {
    const { current } = opened.editor.document
    return { ...current, data: current.data.slice() }
  }
  return { ...opened, hand, dab, mask }
}

describe('a change of the whole mask', () => {
  it('is shown anew with every radius, and is one stroke when it is applied', () => {
    const { editor, session, journal, mask } = open()
    editor.preview.reshape('grow', 2)
    expect(mask()).toEqual(growMask(machine, 2))
    editor.preview.reshape('grow', 4)
    expect(mask()).toEqual(growMask(machine, 4))
    expect(editor.preview.open).toEqual({ kind: 'reshape', reshaping: 'grow', radius: 4 })
    expect(journal).toEqual([])
    session.finish()
    expect(journal).toMatchObject([{ kind: 'paint', tool: 'grow', removed: 0 }])
    expect(editor.preview.open).toBeNull()
    session.back()
    expect(mask()).toEqual(machine)
  })

  it('goes with Esc, with a step back, and with another object, and leaves no trace', () => {
    const { editor, session, journal } = open([instanceOf(1, machine, machine), instanceOf(2, null, blank)])
    for (const leave of [() => session.cancel(), () => session.back(), () => editor.nextInstance()]) {
      editor.preview.reshape('shrink', 3)
      leave()
      expect(editor.preview.open).toBeNull()
      expect(editor.canPaint).toBe(true)
      editor.setInstance(1)
      expect(editor.document.current).toEqual(machine)
    }
    expect(journal).toEqual([])
  })

  it('keeps the brush off while it is open', () => {
    const { editor, dab, mask } = open()
    editor.preview.reshape('smooth', 1)
    const shown = mask()
    dab(2, 2)
    expect(mask()).toEqual(shown)
  })
})

describe('the state after a stroke', () => {
  it('is shown, and made the newest step', () => {
    const { editor, session, dab, journal, mask } = open()
    const states = [mask()]
    for (const [x, y] of [
      [4, 4],
      [10, 5],
      [50, 30],
    ] as const) {
      dab(x, y)
      states.push(mask())
    }
    editor.preview.showStroke(1)
    expect(mask()).toEqual(states[1])
    editor.preview.showStroke(0)
    expect(mask()).toEqual(states[0])
    editor.preview.showStroke(3)
    expect(editor.preview.open).toBeNull()
    expect(mask()).toEqual(states[3])
    editor.preview.showStroke(1)
    session.finish()
    expect(mask()).toEqual(states[1])
    expect(journal.map(({ tool }) => tool)).toEqual(['brush', 'brush', 'brush', 'return'])
    expect(editor.history.nDone).toBe(4)
    session.back()
    expect(mask()).toEqual(states[3])
  })

  it('takes back strokes of its own object only', () => {
    const { editor, dab } = open([instanceOf(1, machine, machine), instanceOf(2, null, blank)])
    dab(4, 4)
    editor.setInstance(2)
    dab(30, 20)
    editor.setInstance(1)
    dab(50, 30)
    editor.preview.showStroke(1)
    editor.preview.apply()
    editor.setInstance(2)
    expect(editor.document.current.data.some((pixel) => pixel === 1)).toBe(true)
  })
})

describe('the scores after each stroke', () => {
  it('are the same live and after opening the image again', () => {
    const { editor, session, dab, journal } = open()
    for (const [x, y] of [
      [4, 4],
      [10, 5],
      [50, 30],
    ] as const)
      dab(x, y)
    session.back()
    const live = editor.strokes.takeBars()!
    expect(live.map(({ isUndone }) => isUndone)).toEqual([false, false, true])
    expect(live.every(({ scores }) => typeof scores.get(5) === 'number')).toBe(true)
    expect(editor.strokes.takeBars()).toBeNull()

    const base = instanceOf(1, machine, machine, { journal: journalOf(journal, 1) })
    const { editor: again } = openSession(imageOf(size, [base], [map]))
    expect(again.strokes.takeBars()!.map(({ scores }) => scores.size)).toEqual([0, 0, 0])
    again.strokes.trace()
    const traced = again.strokes.takeBars()!
    for (const [i, { added, removed, scores }] of traced.slice(0, 2).entries()) {
      expect([added, removed]).toEqual([live[i]!.added, live[i]!.removed])
      expect(scores.get(5)).toBeCloseTo(live[i]!.scores.get(5)!, 12)
    }
    again.redo()
    expect(again.strokes.takeBars()!.at(-1)!.scores.get(5)).toBeCloseTo(live[2]!.scores.get(5)!, 12)
  })
})
