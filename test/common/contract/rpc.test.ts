import { describe, expect, expectTypeOf, it, vi } from 'vitest'
import fc from 'fast-check'
import { z } from 'zod'
import { float32s } from '#common/contract/binary.ts'
import { AppError } from '#common/contract/errors.ts'
import { createMemoryLinks } from '#common/contract/links/memory.ts'
import { call, connect, protocolVersion, serve, stream, type Handlers, type Link } from '#common/contract/rpc.ts'
import { linkPairs } from '../../builders/link-pairs.ts'

const sample = {
  'number.double': call(z.strictObject({ value: z.number().min(0) }), z.number()),
  'number.count': stream(z.strictObject({ to: z.number() }), z.strictObject({ done: z.number() }), z.number()),
  'bytes.echo': call(z.strictObject({ values: float32s }), float32s),
  'any.echo': call(z.unknown(), z.unknown()),
  'fail.expected': call(z.strictObject({}), z.number()),
  'fail.bug': call(z.strictObject({}), z.number()),
  'output.wrong': call(z.strictObject({}), z.number()),
  'call.hang': call(z.strictObject({}), z.number()),
}

async function serveSample(
  makeLinks: (typeof linkPairs)[number]['makeLinks'],
  more: Partial<Handlers<typeof sample>> = {},
) {
  const [near, far] = await makeLinks()
  const bugs: unknown[] = []
  const handlers: Handlers<typeof sample> = {
    'number.double': ({ value }) => Promise.resolve(value * 2),
    'number.count': ({ to }, { emit }) => {
      for (let done = 1; done <= to; done++) emit({ done })
      return Promise.resolve(to)
    },
    'bytes.echo': ({ values }) => Promise.resolve(values),
    'any.echo': (value) => Promise.resolve(value),
    'fail.expected': () =>
      Promise.reject(new AppError('file.missing', 'no cat.jpg', { hint: 'Look.', data: { n: 1 } })),
    'fail.bug': () => Promise.reject(new TypeError('undefined is not a cat')),
    'output.wrong': () => Promise.resolve('seven' as never),
    'call.hang': (_, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('stopped')))
      }),
    ...more,
  }
  serve(sample, handlers, far, {
    checkOutputs: true,
    onInternalError: (error) => {
      bugs.push(error)
      return `bug-${bugs.length}`
    },
  })
  return { client: connect(sample, near), near, far, bugs }
}

/** JSON has no −0; MessagePack refuses the one key that would reach an object's prototype. */
const plainData = fc
  .jsonValue()
  .filter((value) => !JSON.stringify(value).includes('__proto__'))
  .map((value) => JSON.parse(JSON.stringify(value)) as unknown)

describe.each(linkPairs)('the contract over $kind', ({ makeLinks }) => {
  const start = (more?: Partial<Handlers<typeof sample>>) => serveSample(makeLinks, more)

  it('calls a procedure and gives its result', async () => {
    const { client } = await start()
    expect(await client['number.double']({ value: 21 })).toBe(42)
  })

  it('types inputs, events and outputs from the schemas', async () => {
    const { client } = await start()
    expectTypeOf(client['number.double']).parameter(0).toEqualTypeOf<{ value: number }>()
    expectTypeOf(client['number.double']).returns.resolves.toEqualTypeOf<number>()
    type Count = NonNullable<Parameters<(typeof client)['number.count']>[1]>
    expectTypeOf<Parameters<NonNullable<Count['onEvent']>>[0]>().toEqualTypeOf<{ done: number }>()
  })

  it('keeps binary binary', async () => {
    const { client } = await start()
    const values = Float32Array.of(1.5, -0, NaN)
    const back = await client['bytes.echo']({ values })
    expect(back).toBeInstanceOf(Float32Array)
    expect([...back]).toEqual([1.5, -0, NaN])
    expect(back).not.toBe(values)
  })

  it('keeps every kind of array, wherever it lay in its buffer', async () => {
    const { client } = await start()
    const numbers = fc.double({ noNaN: true })
    const words = fc.nat({ max: 2 ** 32 - 1 })
    await fc.assert(
      fc.asyncProperty(fc.uint8Array(), fc.array(words), fc.array(numbers), fc.string(), async (a, b, c, text) => {
        const sent = {
          text,
          bytes: new Uint8Array([7, ...a]).subarray(1),
          words: new Uint32Array([7, ...b]).subarray(1),
          singles: new Float32Array([7, ...c]).subarray(1),
          doubles: new Float64Array([7, ...c]).subarray(1),
        }
        const back = (await client['any.echo'](sent)) as typeof sent
        expect(back).toEqual(sent)
        for (const array of [back.words, back.singles, back.doubles]) {
          expect(array.byteOffset % array.BYTES_PER_ELEMENT).toBe(0)
        }
      }),
    )
    const buffer = await client['any.echo'](Buffer.from('abc'))
    expect(Object.getPrototypeOf(buffer)).toBe(Uint8Array.prototype)
  })

  it('carries any plain data unchanged', async () => {
    const { client } = await start()
    await fc.assert(
      fc.asyncProperty(plainData, async (value) => {
        expect(await client['any.echo'](value)).toEqual(value)
      }),
    )
  })

  it('throttles events, and sends the last one before the result', async () => {
    const { client } = await start()
    const seen: number[] = []
    const result = await client['number.count']({ to: 10_000 }, { onEvent: ({ done }) => seen.push(done) })
    expect(result).toBe(10_000)
    expect(seen.length).toBeLessThan(20)
    expect(seen[0]).toBe(1)
    expect(seen.at(-1)).toBe(10_000)
  })

  it('refuses an unknown name and a bad input before any handler runs', async () => {
    const { client, near } = await start({ 'number.double': () => Promise.reject(new Error('ran')) })
    await expect(client['number.double']({ value: -1 })).rejects.toMatchObject({ code: 'request.invalid' })
    await expect(client['number.double']({ value: 1, more: 2 } as never)).rejects.toMatchObject({
      code: 'request.invalid',
    })
    const other = connect({ 'no.such': sample['number.double'], toString: sample['number.double'] }, near)
    await expect(other['no.such']({ value: 1 })).rejects.toMatchObject({ code: 'request.unknown' })
    await expect(other.toString({ value: 1 })).rejects.toMatchObject({ code: 'request.unknown' })
  })

  it('carries an expected error with code, message, hint and data', async () => {
    const { client, bugs } = await start()
    const error = await client['fail.expected']({}).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(AppError)
    expect(error).toMatchObject({ code: 'file.missing', message: 'no cat.jpg', hint: 'Look.', data: { n: 1 } })
    expect(bugs).toEqual([])
  })

  it('turns a bug into `internal` with the id that is in the log, without its stack', async () => {
    const { client, bugs } = await start()
    const error = (await client['fail.bug']({}).catch((reason: unknown) => reason)) as AppError
    expect(error).toMatchObject({ code: 'internal', data: { id: 'bug-1' } })
    expect(bugs[0]).toBeInstanceOf(TypeError)
    expect(JSON.stringify(error.toPayload())).not.toContain('rpc.test')
  })

  it('finds a handler that returns what the contract does not say', async () => {
    await expect((await start()).client['output.wrong']({})).rejects.toMatchObject({ code: 'internal' })
  })

  it('aborts the handler when the caller cancels, and says so', async () => {
    const { client } = await start()
    const controller = new AbortController()
    const pending = client['call.hang']({}, { signal: controller.signal })
    setTimeout(() => controller.abort(), 5)
    await expect(pending).rejects.toMatchObject({ code: 'aborted' })
    await expect(client['call.hang']({}, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' })
  })

  it('fails open calls and later ones, and aborts their handlers, when the link closes', async () => {
    let isAborted = false
    const { client, near } = await start({
      'call.hang': (_, { signal }) =>
        new Promise(() => {
          signal.addEventListener('abort', () => (isAborted = true))
        }),
    })
    const pending = client['call.hang']({})
    setTimeout(() => near.close(), 5)
    await expect(pending).rejects.toMatchObject({ code: 'link.closed' })
    await vi.waitFor(() => expect(isAborted).toBe(true))
    await expect(client['number.double']({ value: 1 })).rejects.toMatchObject({ code: 'link.closed' })
  })

  it('fails open calls when the other end closes', async () => {
    const { client, far } = await start()
    const pending = client['call.hang']({})
    expect(await client['number.double']({ value: 1 })).toBe(2)
    far.close()
    await expect(pending).rejects.toMatchObject({ code: 'link.closed' })
  })

  it('refuses to talk to another protocol version', async () => {
    const [near, far] = await makeLinks()
    const client = connect(sample, near)
    far.onMessage(() => undefined)
    far.send({ type: 'hello', version: protocolVersion + 1 })
    await expect(client['number.double']({ value: 1 })).rejects.toMatchObject({ code: 'link.version' })
  })

  it('runs calls beside each other: a slow one does not hold up the others', async () => {
    const { client } = await start()
    const controller = new AbortController()
    const slow = client['call.hang']({}, { signal: controller.signal })
    expect(await client['number.double']({ value: 2 })).toBe(4)
    controller.abort()
    await expect(slow).rejects.toMatchObject({ code: 'aborted' })
  })
})

describe('a link in memory', () => {
  it('keeps messages that come before anyone listens', async () => {
    const [near, far]: [Link, Link] = createMemoryLinks()
    near.send({ type: 'hello', version: 7 })
    await new Promise((resolve) => setTimeout(resolve, 1))
    const seen: unknown[] = []
    far.onMessage((message) => seen.push(message))
    expect(seen).toEqual([{ type: 'hello', version: 7 }])
  })
})
