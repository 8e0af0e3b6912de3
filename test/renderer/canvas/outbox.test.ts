import { describe, expect, it } from 'vitest'
import { Outbox } from '../../../renderer/canvas/outbox.ts'

/** Something to send whose end the test decides. */
function letter(name: string, sent: string[]) {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>()
  const send = async (): Promise<void> => {
    sent.push(name)
    await promise
  }
  return { image: 1, send, arrive: () => resolve(undefined), fail: () => reject(new Error('disk full')) }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('Outbox', () => {
  it('sends one after the other, in order', async () => {
    const sent: string[] = []
    const outbox = new Outbox(() => undefined)
    const [a, b] = [letter('a', sent), letter('b', sent)]
    outbox.add(a)
    outbox.add(b)
    await turn()
    expect(sent).toEqual(['a'])
    a.arrive()
    await turn()
    expect(sent).toEqual(['a', 'b'])
    expect(outbox.waiting).toEqual([b])
    b.arrive()
    await outbox.settled()
    expect(outbox.waiting).toEqual([])
  })

  it('keeps what was refused and all after it, until it is tried again', async () => {
    const sent: string[] = []
    let nChanges = 0
    const outbox = new Outbox(() => nChanges++)
    const [a, b] = [letter('a', sent), letter('b', sent)]
    outbox.add(a)
    outbox.add(b)
    a.fail()
    await outbox.settled()
    expect(sent).toEqual(['a'])
    expect([outbox.waiting.length, outbox.hasFailed]).toEqual([2, true])
    expect(nChanges).toBe(3)
    const again = letter('a again', sent)
    Object.assign(a, { send: again.send })
    outbox.retry()
    again.arrive()
    b.arrive()
    await outbox.settled()
    expect(sent).toEqual(['a', 'a again', 'b'])
    expect([outbox.waiting.length, outbox.hasFailed]).toEqual([0, false])
  })

  it('forgets what could not be sent, and goes on with what comes', async () => {
    const sent: string[] = []
    const outbox = new Outbox(() => undefined)
    const [a, b] = [letter('a', sent), letter('b', sent)]
    outbox.add(a)
    a.fail()
    await outbox.settled()
    outbox.clear()
    outbox.add(b)
    b.arrive()
    await outbox.settled()
    expect(sent).toEqual(['a', 'b'])
    expect(outbox.hasFailed).toBe(false)
  })
})
