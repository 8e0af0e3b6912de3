import { describe, expect, it } from 'vitest'
import { SerialQueue } from '#main/compute/serial-queue.ts'

/** A task that ends when it is told to. */
function manual(): { task: () => Promise<string>; end: (value: string) => void; fail: (error: Error) => void } {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  return { task: () => promise, end: resolve, fail: reject }
}

describe('SerialQueue', () => {
  it('runs tasks in the order in which they came, never two at once', async () => {
    const queue = new SerialQueue()
    const log: string[] = []
    const task = (name: string) => async () => {
      log.push(`${name} begins`)
      await new Promise(setImmediate)
      log.push(`${name} ends`)
      return name
    }
    expect(await Promise.all(['a', 'b', 'c'].map((name) => queue.run(task(name))))).toEqual(['a', 'b', 'c'])
    expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends'])
  })

  it('goes on after a task that fails, whether it throws at once or later', async () => {
    const queue = new SerialQueue()
    const failing = queue.run(() => Promise.reject(new Error('later')))
    const throwing = queue.run(() => {
      throw new Error('at once')
    })
    const last = queue.run(() => Promise.resolve('done'))
    await expect(failing).rejects.toThrow('later')
    await expect(throwing).rejects.toThrow('at once')
    expect(await last).toBe('done')
  })

  it('lets one that is aborted before its turn go at once, without running it', async () => {
    const queue = new SerialQueue()
    const first = manual()
    const running = queue.run(first.task)
    const controller = new AbortController()
    let hasRun = false
    const waiting = queue.run(() => {
      hasRun = true
      return Promise.resolve('never')
    }, controller.signal)
    controller.abort(new Error('not needed any more'))
    await expect(waiting).rejects.toThrow('not needed any more')
    first.end('first')
    expect(await running).toBe('first')
    expect(hasRun).toBe(false)
  })

  it('keeps those behind an aborted one waiting for those before it', async () => {
    const queue = new SerialQueue()
    const first = manual()
    const log: string[] = []
    const running = queue.run(first.task).then(() => log.push('first'))
    const controller = new AbortController()
    const aborted = queue.run(() => Promise.resolve('never'), controller.signal)
    const last = queue.run(() => Promise.resolve(log.push('last')))
    controller.abort(new Error('aborted'))
    await expect(aborted).rejects.toThrow('aborted')
    await new Promise(setImmediate)
    expect(log).toEqual([])
    first.end('first')
    await Promise.all([running, last])
    expect(log).toEqual(['first', 'last'])
  })

  it('leaves a task that has begun to look at the signal itself', async () => {
    const queue = new SerialQueue()
    const controller = new AbortController()
    const task = manual()
    const running = queue.run(task.task, controller.signal)
    await new Promise(setImmediate)
    controller.abort(new Error('too late'))
    task.end('done all the same')
    expect(await running).toBe('done all the same')
  })

  it('refuses a task whose signal is aborted already', async () => {
    const run = new SerialQueue().run(() => Promise.resolve(1), AbortSignal.abort(new Error('already')))
    await expect(run).rejects.toThrow('already')
  })
})
