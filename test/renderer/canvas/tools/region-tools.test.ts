import { describe, expect, it, vi } from 'vitest'
import { emptyBitmap, type Bitmap } from '#common/mask/bitmap.ts'
import type { ColourWindow } from '#common/mask/colour-region.ts'
import { rasterisePolygons } from '#common/mask/polygon.ts'
import { decodeRle } from '#common/mask/rle.ts'
import type { ToolId } from '../../../../renderer/canvas/tools/toolbox.ts'
import { drawnMask } from '../../../common/mask/sample-masks.ts'
import { handOn, imageOf, instanceOf, key, openSession, picture } from '../canvas-tools.ts'

const size = { width: 40, height: 30 }
const blank = emptyBitmap(size.width, size.height)

function open(tool: ToolId, machine: Bitmap = blank, options: Parameters<typeof openSession>[1] = {}) {
  const opened = openSession(imageOf(machine, [instanceOf(1, machine, machine)]), { ...options, tool })
  const mask = (): Bitmap => opened.editor.document.current
  const hand = handOn(opened.session)
  const click = (x: number, y: number, keys?: Parameters<typeof hand.down>[2]): void => {
    hand.down(x, y, keys)
    hand.up(x, y, keys)
  }
  return { ...opened, hand, click, mask, toolsOf: () => opened.journal.map(({ tool: name }) => name) }
}

describe('polygon', () => {
  const corners = [
    [5, 5],
    [30, 5],
    [30, 20],
    [5, 20],
  ] as const

  function draw({ click }: ReturnType<typeof open>, isAlt = false): void {
    for (const [i, [x, y]] of corners.entries()) click(x, y, { isAlt: isAlt && i === 0 })
  }

  const ring = decodeRle(rasterisePolygons([corners.flat()], size.width, size.height))

  it('is painted when Enter closes it, as one stroke', () => {
    const canvas = open('polygon')
    draw(canvas)
    expect(canvas.journal).toEqual([])
    expect(canvas.mask()).toEqual(blank)
    canvas.session.finish()
    expect(canvas.mask()).toEqual(ring)
    expect(canvas.journal).toMatchObject([{ kind: 'paint', tool: 'polygon', added: 375, removed: 0 }])
    canvas.session.back()
    expect(canvas.mask()).toEqual(blank)
  })

  it('is closed by a click on its first corner, from three corners on', () => {
    const canvas = open('polygon')
    canvas.click(5, 5)
    canvas.click(5.1, 5.1)
    expect(canvas.editor.path.points).toHaveLength(2)
    canvas.session.cancel()
    draw(canvas)
    canvas.click(5.3, 5.3)
    expect(canvas.editor.path.isOpen).toBe(false)
    expect(canvas.mask()).toEqual(ring)
  })

  it('cuts a hole where it was begun with Alt', () => {
    const full = { ...size, data: new Uint8Array(1200).fill(1) }
    const canvas = open('polygon', full)
    draw(canvas, true)
    expect(canvas.session.cursor()).toMatchObject({ effect: 'subtract', radius: null })
    canvas.session.finish()
    expect(canvas.mask().data).toEqual(ring.data.map((pixel) => 1 - pixel))
  })

  it('loses its last corner with each step back, then is none', () => {
    const { session, editor, click, journal } = open('polygon')
    click(5, 5)
    click(20, 5)
    session.back()
    expect(editor.path.points).toEqual([expect.objectContaining({ y: expect.closeTo(5) as number })])
    session.back()
    expect(editor.path.isOpen).toBe(false)
    expect(session.cancel()).toBe(false)
    expect(journal).toEqual([])
  })

  it('moves a corner while the button is down, and drops only that one when the gesture is interrupted', () => {
    const { hand, click, session, editor } = open('polygon')
    click(5, 5)
    hand.down(10, 10)
    hand.move(20, 15)
    expect(editor.path.points.at(-1)!.x).toBeCloseTo(20)
    session.interrupt()
    expect(editor.path.points).toHaveLength(1)
    expect(session.cancel()).toBe(true)
    expect(editor.path.isOpen).toBe(false)
  })

  it('stays open while the view is moved, and not with another tool', () => {
    const { hand, click, session, editor } = open('polygon')
    click(5, 5)
    session.keyDown(key(' '))
    hand.down(10, 10)
    hand.move(12, 10)
    hand.up(12, 10)
    session.keyUp(key(' '))
    click(20, 5)
    expect(editor.path.points).toHaveLength(2)
    session.choose('brush')
    expect(editor.path.isOpen).toBe(false)
  })

  it('needs three corners, and something that can be painted', () => {
    const canvas = open('polygon')
    canvas.click(5, 5)
    canvas.click(20, 5)
    canvas.session.finish()
    expect(canvas.editor.path.points).toHaveLength(2)
    const paused = open('polygon', blank, { isPaused: () => true })
    paused.click(5, 5)
    expect(paused.editor.path.isOpen).toBe(false)
  })

  it('is drawn by keys alone', () => {
    const { session, mask } = open('polygon')
    session.keyDown(key('q'))
    for (const step of ['ArrowRight', 'ArrowDown', 'ArrowLeft']) {
      session.keyDown(key(' '))
      session.keyUp(key(' '))
      session.keyDown(key(step, { isShift: true }))
    }
    session.finish()
    expect(mask().data.reduce((sum, pixel) => sum + pixel, 0)).toBe(45)
  })
})

describe('fill', () => {
  const ringed = drawnMask('........', '.####...', '.#..#..#', '.#..#...', '.####...', '........')

  it('fills the region under the pointer and empties it with Alt', () => {
    const { click, mask, journal } = open('fill', ringed)
    click(2.5, 2.5)
    expect(picture(mask())).toEqual(['........', '.####...', '.####..#', '.####...', '.####...', '........'])
    click(2.5, 2.5, { isAlt: true })
    expect(picture(mask())).toEqual(['........', '........', '.......#', '........', '........', '........'])
    expect(journal).toMatchObject([
      { tool: 'fill', added: 4, removed: 0 },
      { tool: 'fill', added: 0, removed: 16 },
    ])
  })

  it('leaves a right click to the menu, and what is outside the image alone', () => {
    const { click, mask, journal } = open('fill', ringed)
    click(2.5, 2.5, { button: 2 })
    click(-3, 2)
    click(2.5, 1.5)
    expect(mask()).toEqual(ringed)
    expect(journal).toEqual([])
  })
})

describe('wand', () => {
  /** Three stripes of grey: 0, 60 and 200. */
  function stripes({ x, width, height }: { x: number; width: number; height: number }): ColourWindow {
    const data = new Uint8ClampedArray(4 * width * height).fill(255)
    for (let i = 0; i < width * height; i++) {
      const column = x + (i % width)
      data.fill(column < 10 ? 0 : column < 20 ? 60 : 200, 4 * i, 4 * i + 3)
    }
    return { width, height, data }
  }
  const readColours = (part: Parameters<typeof stripes>[0]): Promise<ColourWindow> => Promise.resolve(stripes(part))
  const columns = (mask: Bitmap): number => mask.data.reduce((sum, pixel) => sum + pixel, 0) / mask.height

  it('takes what is of nearly one colour, with a stroke that waits for the photo', async () => {
    const { click, mask, journal } = open('wand', blank, { readColours })
    click(3, 3)
    expect(mask()).toEqual(blank)
    await vi.waitFor(() => expect(journal).toHaveLength(1))
    expect(columns(mask())).toBe(10)
    expect(journal).toMatchObject([{ tool: 'wand', added: 300 }])
  })

  it('takes more by a drag to the right, fewer by one to the left, and says how much', async () => {
    const { hand, mask, session, journal, editor } = open('wand', blank, { readColours })
    const { scale } = editor.view
    hand.down(3, 3)
    expect(session.cursor()?.label).toBe('24')
    await vi.waitFor(() => expect(columns(mask())).toBe(10))
    hand.move(3 + 160 / scale, 3)
    expect(session.cursor()?.label).toBe('75')
    expect(columns(mask())).toBe(20)
    hand.move(3, 3)
    expect(columns(mask())).toBe(10)
    hand.up(3, 3)
    expect(journal).toMatchObject([{ added: 300, removed: 0 }])
    expect(session.cursor()?.label).toBeNull()
  })

  it('takes away with Alt, and by a drag of the right button', async () => {
    const full = { ...size, data: new Uint8Array(1200).fill(1) }
    const { hand, click, mask, journal } = open('wand', full, { readColours })
    click(3, 3, { isAlt: true })
    await vi.waitFor(() => expect(journal).toHaveLength(1))
    expect(columns(mask())).toBe(30)
    click(30, 3, { button: 2 })
    expect(journal).toHaveLength(1)
    hand.down(30, 3, { button: 2 })
    hand.move(31, 3, { button: 2 })
    hand.up(31, 3, { button: 2 })
    await vi.waitFor(() => expect(journal).toHaveLength(2))
    expect(columns(mask())).toBe(10)
  })

  it('leaves no trace when it is dropped, or the photo does not come', async () => {
    const { hand, session, mask, journal, editor } = open('wand', blank, { readColours })
    hand.down(3, 3)
    await vi.waitFor(() => expect(columns(mask())).toBe(10))
    expect(session.cancel()).toBe(true)
    expect(mask()).toEqual(blank)
    expect(editor.canPaint).toBe(true)
    const missing = open('wand')
    missing.click(3, 3)
    expect(missing.editor.canPaint).toBe(false)
    await vi.waitFor(() => expect(missing.editor.canPaint).toBe(true))
    expect([...journal, ...missing.journal]).toEqual([])
  })
})

describe('the brush that takes from the machine mask', () => {
  const machine = drawnMask('####....', '####....', '####....', '####....')

  it('restores what lies under it, object and background alike', () => {
    const { session, hand, editor, mask, journal } = open('eraser', machine)
    editor.brushRadius = 9
    hand.down(4, 2)
    hand.up(4, 2)
    session.choose('brush')
    editor.brushRadius = 1
    hand.down(6.5, 1.5)
    hand.up(6.5, 1.5)
    session.choose('machine-brush')
    expect(session.cursor()?.effect).toBe('restore')
    editor.brushRadius = 9
    hand.down(4, 2, { isAlt: true })
    hand.up(4, 2)
    expect(mask()).toEqual(machine)
    expect(journal.at(-1)).toMatchObject({ tool: 'machine-brush', added: 16, removed: 5 })
  })
})
