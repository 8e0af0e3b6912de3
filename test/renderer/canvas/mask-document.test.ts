import { describe, expect, it } from 'vitest'
import { encodeRle } from '#common/mask/rle.ts'
import { machineBitmap, MaskDocument } from '../../../renderer/canvas/mask-document.ts'

describe('masks that share their pixels', () => {
  const size = { width: 6, height: 4 }
  const machine = encodeRle({ ...size, data: Uint8Array.from({ length: 24 }, (_, i) => (i % 6 < 3 ? 1 : 0)) })
  const open = (): MaskDocument =>
    new MaskDocument(size, [{ id: 1, isObject: true, machine, current: machine }], () => new Set([1]))

  it('paints on pixels of its own: neither the machine mask nor the same image opened elsewhere changes', () => {
    const [document, other] = [open(), open()]
    const before = [...machineBitmap(machine).data]
    document.begin()
    document.paintRun(1, 3, 6, true)
    expect(document.current.data[9]).toBe(1)
    expect([...document.machine.data]).toEqual(before)
    expect([...other.current.data]).toEqual(before)
    expect(document.metrics()).toEqual({ iou: 12 / 15, added: 3, removed: 0 })
  })

  it('gives a patch pixels of its own too, and takes the open stroke back to the machine mask', () => {
    const [document, other] = [open(), open()]
    document.begin()
    document.paintRun(0, 0, 3, false)
    const { tiles } = document.commit()!
    other.applyPaint(1, tiles)
    expect([...other.current.data.subarray(0, 3)]).toEqual([0, 0, 0])
    expect([...other.machine.data.subarray(0, 3)]).toEqual([1, 1, 1])
    other.applyPaint(1, tiles)
    expect(other.metrics()).toEqual({ iou: 1, added: 0, removed: 0 })
  })
})
