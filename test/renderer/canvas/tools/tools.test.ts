import { describe, expect, it } from 'vitest'
import { emptyBitmap } from '#common/mask/bitmap.ts'
import { handOn, imageOf, instanceOf, key, openSession, picture } from '../canvas-tools.ts'

const size = { width: 12, height: 8 }
const blank = emptyBitmap(size.width, size.height)
const full = { ...size, data: new Uint8Array(96).fill(1) }

function open(start = blank, options: Parameters<typeof openSession>[1] = {}) {
  const opened = openSession(imageOf(size, [instanceOf(1, start, start)]), options)
  const count = (): number => opened.editor.document.current.data.reduce((sum, pixel) => sum + pixel, 0)
  return { ...opened, hand: handOn(opened.session), count }
}

describe('brush and eraser', () => {
  it('paint while the button is down and make one stroke of it', () => {
    const { hand, count, journal, editor } = open()
    hand.down(2.5, 3.5)
    expect(count()).toBe(9)
    hand.move(5.5, 3.5)
    hand.move(8.5, 3.5)
    expect(journal).toEqual([])
    hand.up(8.5, 3.5)
    expect(journal.map(({ kind, tool, added, removed }) => ({ kind, tool, added, removed }))).toEqual([
      { kind: 'paint', tool: 'brush', added: 27, removed: 0 },
    ])
    expect(picture(editor.document.current).slice(1, 6)).toEqual([
      '............',
      '.#########..',
      '.#########..',
      '.#########..',
      '............',
    ])
  })

  it('leave no gap between far events', () => {
    const { hand, editor } = open()
    hand.down(1.5, 1.5)
    hand.move(10.5, 6.5)
    hand.up(10.5, 6.5)
    const { data } = editor.document.current
    for (let t = 0; t <= 1; t += 0.05) expect(data[Math.floor(1.5 + 5 * t) * 12 + Math.floor(1.5 + 9 * t)]).toBe(1)
  })

  it('swap what they do with Alt, as it is when the button goes down', () => {
    const { hand, count, session } = open(full)
    hand.down(3.5, 3.5, { isAlt: true })
    hand.move(6.5, 3.5, { isAlt: false })
    hand.up(6.5, 3.5)
    expect(count()).toBe(96 - 18)
    session.choose('eraser')
    hand.down(5.5, 3.5, { isAlt: true })
    hand.up(5.5, 3.5)
    expect(count()).toBe(96 - 9)
  })

  it('subtract with the right button once it is dragged', () => {
    const { hand, count, journal } = open(full)
    hand.down(3.5, 3.5, { button: 2 })
    expect(count()).toBe(96)
    hand.move(6.5, 3.5, { button: 2 })
    hand.up(6.5, 3.5, { button: 2 })
    expect(count()).toBe(96 - 18)
    expect(journal).toHaveLength(1)
  })

  it('leave a right click to the menu', () => {
    const { hand, count, journal } = open(full)
    hand.down(3.5, 3.5, { button: 2 })
    hand.up(3.5, 3.5, { button: 2 })
    expect(count()).toBe(96)
    expect(journal).toEqual([])
  })

  it('join the last dab by a straight line with Shift', () => {
    const { hand, editor, journal } = open()
    hand.down(2.5, 2.5)
    hand.up(2.5, 2.5)
    hand.down(9.5, 2.5, { isShift: true })
    hand.up(9.5, 2.5, { isShift: true })
    expect(journal).toHaveLength(2)
    expect(picture(editor.document.current)[2]).toBe('.##########.')
  })

  it('dab where there is no dab to join', () => {
    const { hand, count } = open()
    hand.down(5.5, 3.5, { isShift: true })
    hand.up(5.5, 3.5, { isShift: true })
    expect(count()).toBe(9)
  })

  it.each([
    ['Esc', (opened: ReturnType<typeof open>) => expect(opened.session.keyDown(key('Escape'))).toBe(true)],
    ['a lost pointer', (opened: ReturnType<typeof open>) => expect(opened.session.cancel()).toBe(true)],
    ['another tool', (opened: ReturnType<typeof open>) => opened.session.choose('pan')],
    ['another instance', (opened: ReturnType<typeof open>) => opened.editor.document.applyPaint(1, [])],
  ])('drop the whole stroke on %s', (_, drop) => {
    const opened = open()
    opened.hand.down(2.5, 3.5)
    opened.hand.move(8.5, 3.5)
    drop(opened)
    opened.hand.move(8.5, 6.5)
    opened.hand.up(8.5, 6.5)
    expect(opened.count()).toBe(0)
    expect(opened.journal).toEqual([])
    expect(opened.editor.history.canUndo).toBe(false)
  })

  it('forget a right press that is dropped before it was dragged', () => {
    const { hand, session, count } = open(full)
    hand.down(3.5, 3.5, { button: 2 })
    session.cancel()
    hand.move(8.5, 3.5, { button: 2 })
    expect(count()).toBe(96)
    expect(session.isBusy).toBe(false)
  })

  it('ignore a second button while the first is down', () => {
    const { hand, session, journal } = open()
    hand.down(2.5, 3.5)
    hand.down(6.5, 3.5, { button: 2 })
    hand.up(6.5, 3.5, { button: 2 })
    expect(session.isBusy).toBe(true)
    hand.up(2.5, 3.5)
    expect(journal).toHaveLength(1)
  })

  it('make no stroke of what changes nothing', () => {
    const { hand, journal, editor } = open(full)
    hand.down(3.5, 3.5)
    hand.up(3.5, 3.5)
    expect(journal).toEqual([])
    expect(editor.history.canUndo).toBe(false)
  })

  it('do not paint while strokes wait that could not be saved', () => {
    const { hand, count, journal } = open(blank, { isPaused: (): boolean => true })
    hand.down(3.5, 3.5)
    hand.move(6.5, 3.5)
    hand.up(6.5, 3.5)
    expect(count()).toBe(0)
    expect(journal).toEqual([])
  })

  it('do not paint on an image without instances', () => {
    const { session, editor, journal } = openSession(imageOf(size, []))
    const hand = handOn(session)
    hand.down(3.5, 3.5)
    hand.up(3.5, 3.5)
    hand.down(3.5, 3.5, { button: 2 })
    hand.move(9.5, 3.5, { button: 2 })
    hand.up(9.5, 3.5, { button: 2 })
    expect(journal).toEqual([])
    expect(editor.document.activeId).toBeNull()
  })

  it('paint one pixel with a brush below one', () => {
    const { hand, count, editor } = open()
    editor.brushRadius = 0.5
    hand.down(4.9, 3.1)
    hand.up(4.9, 3.1)
    expect(count()).toBe(1)
    expect(editor.document.current.data[3 * 12 + 4]).toBe(1)
  })

  it('tell the cursor what they would do', () => {
    const { hand, session } = open()
    hand.move(3, 3)
    expect(session.cursor()?.effect).toBe('add')
    session.setAlt(true)
    expect(session.cursor()?.effect).toBe('subtract')
    session.setAlt(false)
    session.choose('eraser')
    expect(session.cursor()?.effect).toBe('subtract')
    expect(session.pixel).toEqual({ x: 3, y: 3 })
    session.leave()
    expect(session.cursor()).toBeNull()
    expect(session.pixel).toBeNull()
  })
})

describe('pan', () => {
  const big = { width: 4000, height: 3000 }
  const openBig = () => openSession(imageOf(big, []))
  const pointer = (x: number, y: number, button = 0) => ({ screen: { x, y }, button, isAlt: false, isShift: false })

  it('moves the photo with the pointer', () => {
    const { session, editor } = openBig()
    session.choose('pan')
    expect(session.cssCursor).toBe('grab')
    const { x, y } = editor.view
    session.down(pointer(100, 100))
    expect(session.cssCursor).toBe('grabbing')
    session.move([pointer(110, 95), pointer(130, 90)])
    session.up(pointer(130, 90))
    expect([editor.view.x - x, editor.view.y - y]).toEqual([30, -10])
    session.move([pointer(300, 300)])
    expect(editor.view.x - x).toBe(30)
  })

  it.each(['cancel', 'up'] as const)('is lent by Space, and by the middle button, until %s', (end) => {
    const { session, editor } = openBig()
    const before = editor.view.x
    expect(session.keyDown(key(' '))).toBe(true)
    expect(session.cssCursor).toBe('grab')
    session.down(pointer(100, 100))
    session.move([pointer(120, 100)])
    if (end === 'up') session.up(pointer(120, 100))
    else session.cancel()
    session.keyUp(key(' '))
    expect(session.cssCursor).toBe('none')
    session.down(pointer(100, 100, 1))
    session.move([pointer(105, 100, 1)])
    session.up(pointer(105, 100, 1))
    expect(editor.view.x - before).toBe(25)
    expect(session.cursor()?.effect).toBe('add')
  })

  it('fits on a double click, with the brush it does not', () => {
    const { session, editor } = openBig()
    const fitted = editor.view
    session.zoomTo(4, { x: 10, y: 10 })
    session.doubleClick()
    expect(editor.view.scale).toBe(4)
    session.choose('pan')
    session.doubleClick()
    expect(editor.view).toEqual(fitted)
  })
})

describe('the canvas without a pointer', () => {
  it('moves by 1, 10 and 50 pixels and stays on the image', () => {
    const { session } = openSession(imageOf({ width: 200, height: 100 }, []))
    expect(session.keyDown(key('ArrowLeft'))).toBe(false)
    session.keyDown(key('q'))
    expect(session.pixel).toEqual({ x: 100, y: 50 })
    session.keyDown(key('ArrowRight'))
    session.keyDown(key('ArrowDown', { isShift: true }))
    session.keyDown(key('ArrowLeft', { isCtrl: true }))
    expect(session.pixel).toEqual({ x: 51, y: 60 })
    for (let i = 0; i < 5; i++) session.keyDown(key('ArrowUp', { isCtrl: true }))
    expect(session.pixel).toEqual({ x: 51, y: 0 })
    session.keyDown(key('Q'))
    expect(session.pixel).toBeNull()
  })

  it('dabs with Space, draws while it is held, and makes one stroke', () => {
    const { session, journal, count } = open()
    session.keyDown(key('q'))
    session.keyDown(key(' '))
    session.keyDown(key(' ', { isRepeat: true }))
    for (let i = 0; i < 3; i++) session.keyDown(key('ArrowRight'))
    expect(journal).toEqual([])
    session.keyUp(key(' '))
    expect(journal.map(({ added }) => added)).toEqual([18])
    expect(count()).toBe(18)
  })

  it('drops the stroke with Esc, then ends', () => {
    const { session, count, journal } = open()
    session.keyDown(key('q'))
    session.keyDown(key(' '))
    session.keyDown(key('ArrowRight'))
    expect(session.keyDown(key('Escape'))).toBe(true)
    session.keyUp(key(' '))
    expect(count()).toBe(0)
    expect(journal).toEqual([])
    expect(session.pixel).not.toBeNull()
    expect(session.keyDown(key('Escape'))).toBe(true)
    expect(session.pixel).toBeNull()
    expect(session.keyDown(key('Escape'))).toBe(false)
  })

  it('takes the next object with Tab', () => {
    const { session, editor } = openSession(imageOf(size, [instanceOf(7, null, blank), instanceOf(9, null, blank)]))
    expect(session.keyDown(key('Tab'))).toBe(false)
    session.keyDown(key('q'))
    session.keyDown(key('Tab'))
    expect(editor.document.activeId).toBe(9)
    session.keyDown(key('Tab'))
    expect(editor.document.activeId).toBe(7)
  })

  it('brings the cursor into sight', () => {
    const { session, editor } = openSession(imageOf({ width: 2000, height: 2000 }, []))
    session.zoomTo(8)
    session.keyDown(key('q'))
    for (let i = 0; i < 10; i++) session.keyDown(key('ArrowRight', { isCtrl: true }))
    const { at } = session.cursor()!
    expect(at!.x).toBeGreaterThan(0)
    expect(at!.x).toBeLessThan(editor.view.width)
  })
})
