import { describe, expect, it } from 'vitest'
import { Outbox } from '../../../renderer/canvas/outbox.ts'

/** Something to send whose end the test decides. */
function letter(name: string, sent: string[], image = 1) {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>()
  const send = async (): Promise<void> => {
    sent.push(name)
    await promise
  }
  return { image, send, arrive: () => resolve(undefined), fail: () => reject(new Error('disk full')) }
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

  it('forgets what could not be sent of an image, and goes on with what is of others', async () => {
    const sent: string[] = []
    const outbox = new Outbox(() => undefined)
    const [a, b, other] = [letter('a', sent), letter('b', sent), letter('other', sent, 2)]
    for (const item of [a, b, other]) outbox.add(item)
    a.fail()
    await outbox.settled()
    expect(outbox.hasFailed).toBe(true)
    outbox.drop(1)
    expect(outbox.hasFailed).toBe(false)
    other.arrive()
    await outbox.settled()
    expect(sent).toEqual(['a', 'other'])
  })

  it('stays stopped where what is forgotten is not what failed', async () => {
    const sent: string[] = []
    const outbox = new Outbox(() => undefined)
    const [a, other] = [letter('a', sent), letter('other', sent, 2)]
    for (const item of [a, other]) outbox.add(item)
    a.fail()
    await outbox.settled()
    outbox.drop(2)
    expect([outbox.waiting, outbox.hasFailed]).toEqual([[a], true])
  })

  it('may be told while it sends that what it sends is given up', async () => {
    const sent: string[] = []
    const outbox = new Outbox(() => undefined)
    const refuse = async (): Promise<void> => {
      await turn()
      outbox.drop(1)
      throw new Error('stale')
    }
    const other = letter('other', sent, 2)
    other.arrive()
    outbox.add({ image: 1, send: refuse })
    outbox.add(letter('never', sent))
    outbox.add(other)
    await outbox.settled()
    expect(sent).toEqual(['other'])
    expect([outbox.waiting, outbox.hasFailed]).toEqual([[], false])
  })

  it('tells when what is of one image is sent, before all is', async () => {
    const sent: string[] = []
    const outbox = new Outbox(() => undefined)
    const [a, other] = [letter('a', sent), letter('other', sent, 2)]
    for (const item of [a, other]) outbox.add(item)
    const settled: string[] = []
    void outbox.settled(1).then(() => settled.push('1'))
    void outbox.settled(2).then(() => settled.push('2'))
    void outbox.settled(3).then(() => settled.push('3'))
    await turn()
    expect(settled).toEqual(['3'])
    a.arrive()
    await turn()
    expect(settled).toEqual(['3', '1'])
    other.arrive()
    await turn()
    expect(settled).toEqual(['3', '1', '2'])
  })
})
