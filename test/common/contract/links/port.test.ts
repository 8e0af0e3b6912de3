import { once } from 'node:events'
import { expect, it } from 'vitest'
import type { AppError } from '#common/contract/errors.ts'
import { portLink } from '#common/contract/links/port.ts'
import type { Message } from '#common/contract/rpc.ts'
import { channel } from '../../../builders/link-pairs.ts'

it('closes at what is no message', async () => {
  const { port1, port2 } = channel()
  const link = portLink(port1)
  const seen: Message[] = []
  link.onMessage((message) => seen.push(message))
  const reason = new Promise<AppError | undefined>((resolve) => link.onClose(resolve))
  port2.postMessage({ type: 'request', id: 'one' })
  expect(await reason).toMatchObject({ code: 'link.malformed' })
  expect(seen).toEqual([])
})

it('leaves the sender what it sent', async () => {
  const { port1, port2 } = channel()
  const values = Float64Array.of(1, 2)
  portLink(port1).send({ type: 'result', id: 1, output: values })
  expect((await once(port2, 'message'))[0]).toEqual({ type: 'result', id: 1, output: values })
  expect([...values]).toEqual([1, 2])
})

it('says that it closes, for ports that do not tell', async () => {
  const { port1, port2 } = channel()
  const told = once(port2, 'message')
  portLink(port1).close()
  expect((await told)[0]).toBeNull()
})
