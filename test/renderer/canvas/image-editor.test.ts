import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { emptyBitmap, type Bitmap } from '#common/mask/bitmap.ts'
import { coverMask } from '#common/mask/coverage.ts'
import { authorsResize } from '#common/mask/authors-resize.ts'
import { inputWindow } from '#common/image/geometry.ts'
import { added, countOverlap, iou, removed } from '#common/mask/overlap.ts'
import { decodeTiles } from '#common/mask/tile-patch.ts'
import { obalexScore } from '#common/score/obalex.ts'
import { openImage } from '../../../renderer/canvas/canvas-image.ts'
import { blobMask, randomMask } from '../../common/mask/sample-masks.ts'
import { handOn, imageOf, instanceOf, journalOf, openSession, storedMap } from './canvas-tools.ts'

const size = { width: 150, height: 90 }
const machine = blobMask(size.width, size.height)
const other = blobMask(size.width, size.height, 0.2)
const same = (a: Bitmap, b: Bitmap): boolean => Buffer.compare(a.data, b.data) === 0
const copy = (mask: Bitmap): Bitmap => ({ ...mask, data: mask.data.slice() })

type Act =
  | { kind: 'stroke'; path: [number, number][]; isAlt: boolean; radius: number; instance: number }
  | { kind: 'undo' | 'redo' | 'machine' | 'cancelled' }

const anyAct: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('stroke' as const),
      path: fc.array(fc.tuple(fc.integer({ min: -9, max: 159 }), fc.integer({ min: -9, max: 99 })), {
        minLength: 1,
        maxLength: 5,
      }),
      isAlt: fc.boolean(),
      radius: fc.integer({ min: 1, max: 20 }),
      instance: fc.constantFrom(1, 2),
    }),
  },
  fc.record({ kind: fc.constantFrom('undo' as const, 'redo' as const, 'machine' as const, 'cancelled' as const) }),
)

const twoInstances = () => imageOf(size, [instanceOf(1, machine, machine), instanceOf(2, null, other)], maps)
const grids = [
  { width: 14, height: 14, fit: 'stretch' },
  { width: 16, height: 12, fit: 'crop' },
  { width: 14, height: 14, fit: 'stretch' },
] as const
const maps = grids.map((grid, i) => {
  const values = Float64Array.from({ length: grid.width * grid.height }, (_, cell) => ((cell * 7919 + i) % 101) / 100)
  return storedMap(i + 1, grid, { values })
})

function perform({ editor, session }: ReturnType<typeof openSession>, act: Act): void {
  if (act.kind === 'undo') editor.undo()
  else if (act.kind === 'redo') editor.redo()
  else if (act.kind === 'machine') editor.backToMachine()
  else {
    const hand = handOn(session)
    const dropped = { path: [3, 60].map((at): [number, number] => [at, at]), isAlt: true, radius: 9, instance: 1 }
    const { path, isAlt, radius, instance } = act.kind === 'stroke' ? act : dropped
    const [first, last] = [path[0]!, path.at(-1)!]
    editor.setInstance(instance)
    editor.brushRadius = radius
    hand.down(first[0], first[1], { isAlt })
    for (const [x, y] of path) hand.move(x, y)
    if (act.kind === 'cancelled') session.cancel()
    else hand.up(last[0], last[1])
  }
}

function goAll({ editor }: ReturnType<typeof openSession>, direction: 'undo' | 'redo'): void {
  const can = direction === 'undo' ? 'canUndo' : 'canRedo'
  while (editor.history[can]) editor[direction]()
}

/** Both instances as they are, the one at hand last taken. */
function masksOf({ editor: { document } }: ReturnType<typeof openSession>): Bitmap[] {
  const active = document.activeId!
  const masks = [1, 2].map((id) => {
    document.activate(id)
    return copy(document.current)
  })
  document.activate(active)
  return masks
}

describe('an image on the canvas', () => {
  it('shows the same after any acts as after opening it again from their journal', () => {
    fc.assert(
      fc.property(fc.array(anyAct, { maxLength: 12 }), (acts) => {
        const opened = openSession(twoInstances())
        for (const act of acts) perform(opened, act)
        const again = imageOf(size, [
          instanceOf(1, machine, machine, { journal: journalOf(opened.journal, 1) }),
          instanceOf(2, null, other, { journal: journalOf(opened.journal, 2) }),
        ])
        const reopened = openSession(again)
        expect(masksOf(reopened).every((mask, i) => same(mask, masksOf(opened)[i]!))).toBe(true)
        expect(reopened.editor.history.nDone).toBe(opened.editor.history.nDone)
        // what was not answered yet counts like what is in the journal
        const { document } = openImage(twoInstances(), opened.journal)
        document.activate(1)
        expect(same(document.current, masksOf(opened)[0]!)).toBe(true)
      }),
      { numRuns: 60 },
    )
  })

  it('is what it was when everything is undone, and what it became when everything is done again', () => {
    fc.assert(
      fc.property(fc.array(anyAct, { maxLength: 10 }), (acts) => {
        const opened = openSession(twoInstances())
        for (const act of acts) perform(opened, act)
        goAll(opened, 'redo')
        const after = masksOf(opened)
        goAll(opened, 'undo')
        expect(masksOf(opened).every((mask, i) => same(mask, [machine, other][i]!))).toBe(true)
        goAll(opened, 'redo')
        expect(masksOf(opened).every((mask, i) => same(mask, after[i]!))).toBe(true)
      }),
      { numRuns: 60 },
    )
  })

  it('does not mind what happens on another image in between', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), anyAct), { maxLength: 10 }), (mixed) => {
        const [left, right, alone] = [1, 2, 3].map(() => openSession(twoInstances()))
        for (const [isLeft, act] of mixed) perform(isLeft ? left! : right!, act)
        for (const [isLeft, act] of mixed) if (isLeft) perform(alone!, act)
        expect(masksOf(left!).every((mask, i) => same(mask, masksOf(alone!)[i]!))).toBe(true)
        expect(left!.journal).toEqual(alone!.journal)
      }),
      { numRuns: 40 },
    )
  })

  it('has the scores and metrics that a look at the whole mask would give, after any acts', () => {
    fc.assert(
      fc.property(fc.array(anyAct, { maxLength: 8 }), (acts) => {
        const opened = openSession(twoInstances())
        const { editor } = opened
        for (const act of acts) perform(opened, act)
        const union = editor.document.objectUnion()
        const [first, second] = masksOf(opened)
        expect(same(union, { ...union, data: first!.data.map((pixel, i) => pixel | second!.data[i]!) })).toBe(true)
        const live = editor.takeScores()?.scores ?? []
        expect(live.map(({ map }) => map)).toEqual([1, 2, 3])
        grids.forEach((grid, i) => {
          const map = editor.maps[i]!.map
          const mask = coverMask(union, grid, inputWindow(size, grid, grid.fit)).data
          const full = obalexScore({ ...map, map: map.data, mask })
          expect(live[i]!.obalex).toBeCloseTo(full.obalex!, 10)
          expect(live[i]!.areaShare).toBeCloseTo(full.areaShare, 10)
        })
        editor.setInstance(1)
        const overlap = countOverlap(machine, editor.document.current)
        expect(editor.metrics()).toEqual({ iou: iou(overlap), added: added(overlap), removed: removed(overlap) })
      }),
      { numRuns: 60 },
    )
  })

  it('follows an open stroke with its scores, and goes back with them when it is dropped', () => {
    const opened = openSession(twoInstances())
    const hand = handOn(opened.session)
    const before = opened.editor.takeScores()
    expect(opened.editor.takeScores()).toBeNull()
    hand.down(3, 3)
    expect(opened.editor.takeScores()?.scores).not.toEqual(before?.scores)
    opened.session.cancel()
    expect(opened.editor.takeScores()?.scores).toEqual(before?.scores)
  })

  it('leaves the scores alone where the instance is no part of the object', () => {
    const opened = openSession(
      imageOf(size, [instanceOf(1, machine, machine, { isObject: false }), instanceOf(2, other, other)], maps),
    )
    const before = opened.editor.takeScores()?.scores
    opened.editor.setInstance(1)
    const hand = handOn(opened.session)
    hand.down(3, 3)
    hand.up(60, 60)
    expect(opened.journal[0]?.instance).toBe(1)
    expect(opened.editor.takeScores()?.scores).toEqual(before)
  })

  it('takes the scores of the authors’ rule after the stroke', async () => {
    const values = Float64Array.from({ length: 36 }, (_, i) => i)
    const paper = storedMap(5, { width: 6, height: 6, fit: 'stretch' }, { values, maskVariant: 'paper' })
    const opened = openSession(imageOf(size, [instanceOf(1, machine, machine)], [paper]))
    expect(opened.editor.takeScores()?.scores).toEqual([])
    const hand = handOn(opened.session)
    hand.down(5, 5)
    hand.up(5, 5)
    await Promise.resolve()
    await Promise.resolve()
    const mask = authorsResize(opened.editor.document.current, { width: 6, height: 6 }).data
    const { obalex } = obalexScore({ width: 6, height: 6, mask, map: values, variant: 'paper' })
    expect(opened.editor.takeScores()?.scores).toMatchObject([{ map: 5, obalex, reason: null }])
  })

  it('journals tiles that make one mask of the other, and their counts', () => {
    const opened = openSession(imageOf(size, [instanceOf(1, machine, machine)]))
    const hand = handOn(opened.session)
    opened.editor.brushRadius = 12
    hand.down(60, 40, { isAlt: true })
    hand.move(100, 70)
    hand.up(100, 70)
    const [step] = opened.journal
    const flipped = decodeTiles(step!.tiles, size).reduce(
      (sum, { bits }) => sum + bits.reduce((n, byte) => n + byte.toString(2).replaceAll('0', '').length, 0),
      0,
    )
    expect(step).toMatchObject({ kind: 'paint', instance: 1, tool: 'brush', added: 0, removed: flipped })
    expect(opened.editor.metrics()).toMatchObject({ added: 0, removed: flipped })
  })

  it('goes back to the machine mask in one step that can be undone', () => {
    const base = randomMask(size.width, size.height, 0.5, 5, 3)
    const opened = openSession(imageOf(size, [instanceOf(1, machine, base), instanceOf(2, null, other)]))
    opened.editor.backToMachine()
    expect(same(opened.editor.document.current, machine)).toBe(true)
    expect(opened.journal).toHaveLength(1)
    opened.editor.undo()
    expect(same(opened.editor.document.current, base)).toBe(true)
    opened.editor.setInstance(2)
    opened.editor.backToMachine()
    expect(opened.journal.map(({ kind }) => kind)).toEqual(['paint', 'undo'])
  })

  it('takes an undone stroke’s instance at hand', () => {
    const opened = openSession(twoInstances())
    perform(opened, { kind: 'stroke', path: [[5, 5]], isAlt: false, radius: 4, instance: 2 })
    opened.editor.setInstance(1)
    opened.editor.undo()
    expect(opened.editor.document.activeId).toBe(2)
    expect(opened.journal.at(-1)).toMatchObject({ kind: 'undo', instance: 2 })
  })

  it('says where pixels changed, once', () => {
    const { editor, session } = openSession(imageOf(size, [instanceOf(1, null, emptyBitmap(size.width, size.height))]))
    expect(editor.takeDirty()).toEqual({ x: 0, y: 0, ...size })
    const hand = handOn(session)
    hand.down(20.5, 30.5)
    hand.move(40.5, 30.5)
    expect(editor.takeDirty()).toEqual({ x: 19, y: 29, width: 23, height: 3 })
    expect(editor.takeDirty()).toBeNull()
  })

  it('refuses masks and journals that do not fit', () => {
    const small = emptyBitmap(3, 3)
    expect(() => openImage(imageOf(size, [instanceOf(1, small, small)]))).toThrow(
      expect.objectContaining({ code: 'shape.mismatch' }),
    )
    const step = { id: 1, kind: 'paint', tiles: new Uint8Array(5), added: 0, removed: 0 } as const
    expect(() => openImage(imageOf(size, [instanceOf(1, machine, machine, { journal: [step] })]))).toThrow(
      expect.objectContaining({ code: 'mask.tiles' }),
    )
  })
})
