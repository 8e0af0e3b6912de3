import { describe, expect, it } from 'vitest'
import type { Message } from '#common/contract/rpc.ts'
import { fromText, toText, type ChannelText } from '#main/engine/process/channel-text.ts'
import type { FromEngine } from '#main/engine/process/messages.ts'

/** As it arrives at the other end of the channel. */
const passed = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T

describe('the channel between a host and a child of Node', () => {
  it('carries what is binary as it is, beside everything else', () => {
    const data: Message = {
      type: 'result',
      id: 7,
      output: { image: Uint8Array.of(0, 1, 255), logits: Float32Array.of(0.5, -1e-9), labels: ['größer', null] },
    }
    const text = passed(toText<FromEngine>({ port: 3, data }))
    expect(fromText(text)).toEqual({ port: 3, data })
  })

  it('carries messages of its own, and the goodbyes of ports', () => {
    for (const message of [
      { message: { type: 'ready' } },
      { message: { type: 'start-compute', compute: 1 }, port: 4 },
      { port: 4, data: null },
      { port: 4, isClosed: true },
    ] as const) {
      expect(fromText(passed(toText<FromEngine>(message)))).toEqual(message)
    }
  })

  it('refuses what is no frame', () => {
    const text: ChannelText<FromEngine> = { port: 1, frame: Buffer.from('no frame').toString('base64') }
    expect(() => fromText(text)).toThrow(expect.objectContaining({ code: 'link.malformed' }) as Error)
  })
})
