import { describe, expect, it } from 'vitest'
import type { Message } from '#common/contract/rpc.ts'
import { HostCompute } from '#main/engine/process/host-compute.ts'
import type { FromEngine } from '#main/engine/process/messages.ts'
import { channel } from '../../../builders/link-pairs.ts'

const hello: Message = { type: 'hello', version: 1 }

function makeCompute(): { compute: HostCompute; asked: FromEngine[] } {
  const asked: FromEngine[] = []
  const compute = new HostCompute({
    send: (message) => void asked.push(message),
    onMessage: () => undefined,
    onClose: () => undefined,
  })
  return { compute, asked }
}

/** What arrives at the process's own end of a port. */
function nextMessage(port: MessagePort): Promise<unknown> {
  return new Promise((resolve) => port.addEventListener('message', ({ data }) => resolve(data), { once: true }))
}

describe('a compute process that the host starts', () => {
  it('is asked for, and gets what was sent before it ran', async () => {
    const { compute, asked } = makeCompute()
    const process = compute.start()
    process.link.send(hello)
    expect(asked).toEqual([{ type: 'start-compute', compute: 1 }])
    expect(process.pid).toBeUndefined()
    const { port1, port2 } = channel() as unknown as MessageChannel
    const arrived = nextMessage(port2)
    port2.start()
    compute.started(1, 4711, port1)
    expect(await arrived).toEqual(hello)
    expect(process.pid).toBe(4711)
  })

  it('says how it ended, and closes its link', async () => {
    const { compute } = makeCompute()
    const process = compute.start()
    const closed = new Promise<void>((resolve) => process.link.onClose(() => resolve()))
    compute.started(1, 4711, channel().port1)
    compute.ended(1, 'it ended with status 9')
    await closed
    expect(await process.exited).toBe('it ended with status 9')
  })

  it('is killed where it is not wanted any more before it has begun', () => {
    const { compute, asked } = makeCompute()
    const process = compute.start()
    process.link.close()
    expect(asked.at(-1)).toEqual({ type: 'kill-compute', compute: 1 })
  })

  it('is another one each time', () => {
    const { compute, asked } = makeCompute()
    compute.start()
    compute.start()
    expect(asked.map((message) => 'compute' in message && message.compute)).toEqual([1, 2])
  })
})
