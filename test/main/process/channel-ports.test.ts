import { describe, expect, it } from 'vitest'
import { portLink } from '#common/contract/links/port.ts'
import type { Message } from '#common/contract/rpc.ts'
import { ChannelPorts, type PortMessage } from '#main/process/channel-ports.ts'

const hello: Message = { type: 'hello', version: 1 }

/** Two ends of a channel, each with the ports that are opened there; messages go across a moment later. */
function makeEnds(): { near: ChannelPorts; far: ChannelPorts; sent: PortMessage[] } {
  const sent: PortMessage[] = []
  const near: ChannelPorts = new ChannelPorts((message) => {
    sent.push(message)
    queueMicrotask(() => far.take(message))
  })
  const far: ChannelPorts = new ChannelPorts((message) => queueMicrotask(() => near.take(message)))
  return { near, far, sent }
}

/** Until all that is on its way has arrived. */
const delivered = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('ports that share a channel', () => {
  it('carry the messages of each to its own other end', async () => {
    const { near, far } = makeEnds()
    const got: [number, Message][] = []
    for (const number of [1, 2]) portLink(far.open(number)).onMessage((message) => got.push([number, message]))
    const [first, second] = [1, 2].map((number) => portLink(near.open(number)))
    second!.send(hello)
    first!.send({ type: 'abort', id: 7 })
    await delivered()
    expect(got).toEqual([
      [2, hello],
      [1, { type: 'abort', id: 7 }],
    ])
  })

  it('keep what comes before they are started', async () => {
    const { near, far } = makeEnds()
    const port = far.open(1)
    portLink(near.open(1)).send(hello)
    await delivered()
    const got: Message[] = []
    portLink(port).onMessage((message) => got.push(message))
    expect(got).toEqual([hello])
  })

  it('close both ends, once, and drop what comes after', async () => {
    const { near, far, sent } = makeEnds()
    const closed: string[] = []
    const link = portLink(near.open(1))
    const other = portLink(far.open(1))
    link.onClose(() => closed.push('near'))
    other.onClose(() => closed.push('far'))
    link.close()
    await delivered()
    expect(closed.sort()).toEqual(['far', 'near'])
    const n = sent.length
    link.send(hello)
    expect(sent).toHaveLength(n)
    expect(() => far.take({ port: 1, data: hello })).not.toThrow()
  })

  it('close when the other process is gone', () => {
    const { near } = makeEnds()
    const closed: number[] = []
    for (const number of [1, 2]) portLink(near.open(number)).onClose(() => closed.push(number))
    near.closeAll()
    expect(closed).toEqual([1, 2])
  })
})
