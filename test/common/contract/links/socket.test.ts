import { once } from 'node:events'
import { encode } from '@msgpack/msgpack'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { z } from 'zod'
import type { AppError } from '#common/contract/errors.ts'
import { decodeFrame, encodeFrame, maxFrameBytes } from '#common/contract/links/frame.ts'
import { eventMarkBytes, socketLink, type Socket } from '#common/contract/links/socket.ts'
import { call, connect, serve, type Message } from '#common/contract/rpc.ts'
import { socketPair } from '../../../builders/link-pairs.ts'

const sample = {
  'bytes.make': call(z.number(), z.custom<Uint8Array>()),
  'bytes.count': call(z.custom<Uint8Array>(), z.number()),
}
const handlers = {
  'bytes.make': (length: number) => Promise.resolve(new Uint8Array(length)),
  'bytes.count': (given: Uint8Array) => Promise.resolve(given.length),
}
const options = { onInternalError: String }

const open = (url: string): WebSocket => new WebSocket(url)

/** A socket that remembers what it is sent, and waits for a network that takes nothing. */
function stuckSocket(bufferedAmount: number): { socket: Socket; sent: Message[] } {
  const sent: Message[] = []
  const socket: Socket = {
    binaryType: '',
    readyState: 1,
    bufferedAmount,
    send: (frame) => void sent.push(decodeFrame(frame.slice().buffer)),
    close: () => undefined,
    addEventListener: () => undefined,
  }
  return { socket, sent }
}

describe('a link over a WebSocket', () => {
  it('refuses to send what is too large, to the caller alone', async () => {
    const { near, far } = await socketPair(open)
    serve(sample, handlers, socketLink(far), options)
    const client = connect(sample, socketLink(near))
    await expect(client['bytes.count'](new Uint8Array(maxFrameBytes))).rejects.toMatchObject({ code: 'link.too-large' })
    await expect(client['bytes.make'](maxFrameBytes)).rejects.toMatchObject({ code: 'link.too-large' })
    expect(await client['bytes.count'](new Uint8Array(1000))).toBe(1000)
    expect((await client['bytes.make'](8_000_000)).length).toBe(8_000_000)
  })

  it('is closed by a frame that is too large, and both ends hear why', async () => {
    const { near, far } = await socketPair(open)
    serve(sample, handlers, socketLink(far), options)
    const client = connect(sample, socketLink(near))
    const pending = client['bytes.count'](new Uint8Array(3)).catch((error: unknown) => error)
    await pending
    const waiting = new Promise<AppError | undefined>((resolve) => socketLink(near).onClose(resolve))
    near.send(new Uint8Array(maxFrameBytes + 1))
    expect(await waiting).toMatchObject({ code: 'link.too-large' })
    await expect(client['bytes.make'](1)).rejects.toMatchObject({ code: 'link.too-large' })
  })

  it.each([
    ['text', 'hello'],
    ['bytes that are no MessagePack', new Uint8Array([0xc1])],
    ['a length that nothing follows', new Uint8Array([0xdd, 0xff, 0xff, 0xff, 0xff])],
    ['a value that is no message', encode(7)],
    ['a request without a name', encode({ type: 'request', id: 1 })],
    ['a type that there is none of', encode({ type: 'other', id: 1 })],
    ['a number that is no whole one', encode({ type: 'abort', id: 0.5 })],
    ['two messages in one frame', new Uint8Array([...encode({ type: 'abort', id: 1 }), 0xc0])],
    ['an array with half a number', new Uint8Array([0xc7, 0x03, 0x02, 1, 2, 3])],
  ])('is closed by %s', async (_, data) => {
    const { near, far } = await socketPair(open)
    const seen: Message[] = []
    const link = socketLink(far)
    link.onMessage((message) => seen.push(message))
    const reason = new Promise<AppError | undefined>((resolve) => link.onClose(resolve))
    const closed = once(near, 'close')
    near.send(data)
    expect(await reason).toMatchObject({ code: 'link.malformed' })
    expect((await closed)[0]).toBe(4007)
    expect(seen).toEqual([])
  })

  it('leaves out progress while much waits to be sent, and results never', () => {
    const event: Message = { type: 'event', id: 1, event: { done: 3 } }
    const result: Message = { type: 'result', id: 1, output: 3 }
    const stuck = stuckSocket(eventMarkBytes + 1)
    const flowing = stuckSocket(0)
    for (const { socket } of [stuck, flowing]) for (const message of [event, result]) socketLink(socket).send(message)
    expect(stuck.sent).toEqual([result])
    expect(flowing.sent).toEqual([event, result])
  })
})

describe('a frame', () => {
  it('is refused by its size before it is read', () => {
    const frame = new ArrayBuffer(maxFrameBytes + 1)
    expect(() => decodeFrame(frame)).toThrow(expect.objectContaining({ code: 'link.too-large' }))
  })

  it('that was damaged is a message or an error, and nothing else', () => {
    const frame = encodeFrame({
      type: 'request',
      id: 3,
      name: 'mask.paint',
      input: { image: 7, tiles: new Uint8Array(40).fill(9), counts: Uint32Array.of(1, 2, 3), text: 'ä'.repeat(20) },
    })
    fc.assert(
      fc.property(fc.nat({ max: frame.length - 1 }), fc.nat({ max: 255 }), fc.nat(), (at, value, cut) => {
        const damaged = frame.slice(0, frame.length - (cut % 3) * (cut % 40))
        damaged[at] = value
        try {
          expect(decodeFrame(damaged.buffer)).toHaveProperty('type')
        } catch (error) {
          expect(error).toMatchObject({ code: 'link.malformed' })
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('keeps no property that is undefined', () => {
    const frame = encodeFrame({ type: 'result', id: 1, output: { a: undefined, b: null } })
    expect(decodeFrame(frame.slice().buffer)).toStrictEqual({ type: 'result', id: 1, output: { b: null } })
  })
})
