import { describe, expect, it } from 'vitest'
import { History, type Command } from '../../../renderer/canvas/history.ts'

const command = (instance: number, nTiles = 1): Command => ({
  kind: 'paint',
  instance,
  tiles: Array.from({ length: nTiles }, (_, column) => ({ column, row: 0, bits: new Uint8Array(512) })),
  added: 1,
  removed: 0,
})

describe('History', () => {
  it('goes back and forth, and a new command cuts off what was undone', () => {
    const history = new History()
    const [a, b, c] = [command(1), command(2), command(3)]
    history.push(a)
    history.push(b)
    expect(history.undo()).toBe(b)
    expect(history.redo()).toBe(b)
    expect([history.undo(), history.undo(), history.undo()]).toEqual([b, a, null])
    expect(history.canRedo).toBe(true)
    history.push(c)
    expect(history.redo()).toBeNull()
    expect([history.nDone, history.canUndo]).toEqual([1, true])
  })

  it('starts with what a journal left', () => {
    const [a, b, c] = [command(1), command(2), command(3)]
    const history = new History([a], [c, b])
    expect(history.redo()).toBe(b)
    expect(history.redo()).toBe(c)
    expect(history.nDone).toBe(3)
  })

  it('drops the oldest beyond its bytes, but counts them, and keeps the newest however large', () => {
    const history = new History([], [], 3000)
    for (let i = 0; i < 10; i++) history.push(command(i, 2))
    expect(history.nDone).toBe(10)
    let nUndone = 0
    while (history.undo() !== null) nUndone++
    expect(nUndone).toBe(2)
    const large = new History([], [], 10)
    large.push(command(1, 5))
    expect(large.canUndo).toBe(true)
  })
})
