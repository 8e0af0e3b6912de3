import { truncateSync, appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AppError } from '#common/contract/errors.ts'
import { scanJson, type JsonElement, type JsonScan } from '#main/datasets/json/scan-json.ts'
import { temporaryFolder } from '../../../builders/temporary-folder.ts'

const scan: JsonScan = {
  root: 'object',
  wanted: ['a', 'b'],
  required: [],
  what: 'a test file',
  signal: new AbortController().signal,
}

function fileWith(content: string | Buffer): string {
  const path = join(temporaryFolder(), 'file.json')
  writeFileSync(path, content)
  return path
}

async function read(path: string, options: Partial<JsonScan> = {}): Promise<JsonElement[]> {
  const all: JsonElement[] = []
  for await (const batch of scanJson(path, { ...scan, ...options })) all.push(...batch)
  return all
}

const readText = (content: string | Buffer, options: Partial<JsonScan> = {}) => read(fileWith(content), options)

async function failure(promise: Promise<unknown>): Promise<AppError> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  )
  if (!(error instanceof AppError)) throw new Error(`an AppError was expected, not ${String(error)}`)
  return error
}

describe('scanJson', () => {
  it('gives the elements of the wanted arrays in the order of the file and skips the rest', async () => {
    const text =
      '{ "x": {"a": [9]}, "b": [1, "two"], "y": "]}", "z": -1.5e3, "a": [{"c": [null, "\\"]"]}, []], "w": true }'
    expect(await readText(text)).toEqual([
      { key: 'b', index: 0, value: 1 },
      { key: 'b', index: 1, value: 'two' },
      { key: 'a', index: 0, value: { c: [null, '"]'] } },
      { key: 'a', index: 1, value: [] },
    ])
  })

  it('reads a file that is one array, and empty arrays and objects', async () => {
    expect(await readText(' [ {"n":1} , 2 ] ', { root: 'array' })).toEqual([
      { key: '', index: 0, value: { n: 1 } },
      { key: '', index: 1, value: 2 },
    ])
    expect(await readText('[]', { root: 'array' })).toEqual([])
    expect(await readText('{}')).toEqual([])
    expect(await readText('{"a":[]}')).toEqual([])
  })

  it('reads UTF-8 with a byte order mark, and characters of several bytes', async () => {
    expect(await readText('\uFEFF{"a":["Bär 🐻"]}')).toEqual([{ key: 'a', index: 0, value: 'Bär 🐻' }])
  })

  it('gives what JSON.parse gives, however the text is laid out', async () => {
    const list = fc.array(fc.jsonValue({ maxDepth: 4 }), { maxLength: 8 })
    const document = fc.record({ x: fc.jsonValue(), a: list, y: fc.jsonValue(), b: list })
    await fc.assert(
      fc.asyncProperty(document, fc.constantFrom('', '\t', '\r\n  '), async (value, space) => {
        const path = fileWith(JSON.stringify(value, null, space))
        const expected = [
          ...value.a.map((v, index) => ({ key: 'a', index, value: v })),
          ...value.b.map((v, index) => ({ key: 'b', index, value: v })),
        ]
        expect(await read(path)).toEqual(JSON.parse(JSON.stringify(expected)))
      }),
      { numRuns: 60 },
    )
  })

  it('reads elements that lie across the pieces in which the file is read, and longer ones', async () => {
    const a = Array.from({ length: 300 }, (_, i) => ({ i, text: 'x\\"]é'.repeat(i * 7) }))
    a.push({ i: -1, text: 'long'.repeat(400_000) })
    const found = await readText(JSON.stringify({ a }))
    expect(found.map(({ value }) => value)).toEqual(a)
  })

  it('tells of a file that is cut off wherever the cut is', async () => {
    const text = '{"x":{"k":[1]},"a":[{"s":"t\\u00e9"},-12.5,true],"n":null}'
    for (let length = 1; length < text.length; length++) {
      const error = await failure(readText(text.slice(0, length)))
      expect(error.code).toBe('json.format')
      expect(error.message, text.slice(0, length)).toContain(`byte ${length}`)
    }
  })

  it.each([
    ['', 'it is empty'],
    ['  \n', 'it is empty'],
    ['<annotation/>', 'it is not JSON'],
    ['[1]', 'it is a JSON list'],
    ['{"a":{}}', 'its “a” is not a list'],
    ['{"a":[1,]}', 'a value was expected, in entry 2 of “a”'],
    ['{"a":[1 2]}', ', or ] was expected'],
    ['{"a":[1],}', 'a key in quotes'],
    ['{"a":[1] "b":[]}', ', or } after a value'],
    ['{a:[1]}', 'a key in quotes'],
    ['{"a"[1]}', ': after a key'],
    ['{"a":[{"b":NaN}]}', 'NaN'],
    ['{"a":[hello]}', 'in entry 1 of “a”'],
    ['{"x":hello}', 'in “x”'],
    ['{"a":[{"b":\n\n?}]}', 'in entry 1 of “a”'],
    ['{"a":[1]}{', 'something follows'],
    ['{"a":[1]}]', 'something follows'],
  ])('says what is wrong with %j', async (text, message) => {
    const error = await failure(readText(text))
    expect(error.code).toBe('json.format')
    expect(error.message).toContain(message)
    expect(error.message).not.toContain('\n')
  })

  it('names the arrays that are missing', async () => {
    const error = await failure(readText('{"a":[]}', { required: ['a', 'b'] }))
    expect(error.code).toBe('json.format')
    expect(error.data).toMatchObject({ missing: ['b'] })
  })

  it('refuses UTF-16', async () => {
    expect((await failure(readText(Buffer.from('\uFEFF{"a":[]}', 'utf16le')))).message).toContain('UTF-8')
    expect((await failure(readText(Buffer.from('{"a":[]}', 'utf16le')))).message).toContain('UTF-8')
  })

  it.each(['{"a":[', '{"x":'])('refuses nesting that would overflow the stack: %s', async (start) => {
    const error = await failure(readText(start + '['.repeat(1_000_000)))
    expect(error.code).toBe('json.format')
    expect(error.message).toContain('nests deeper than 64')
  })

  it('refuses a value too long for memory, and passes one that is not wanted', async () => {
    const sparse = (start: string, end: string) => {
      const path = fileWith(start)
      truncateSync(path, 80 << 20) // the rest is zero bytes, which take no room on the disk
      appendFileSync(path, end)
      return path
    }
    const error = await failure(read(sparse('{"a":["', '"]}')))
    expect(error.code).toBe('json.format')
    expect(error.message).toContain('longer than 64 MiB')
    expect(await read(sparse('{"x":"', '","a":[1]}'))).toEqual([{ key: 'a', index: 0, value: 1 }])
  })

  it('says that there is no file, or that it is a folder', async () => {
    const folder = temporaryFolder()
    expect((await failure(read(join(folder, 'none.json')))).code).toBe('file.missing')
    expect((await failure(read(folder))).code).toBe('file.unreadable')
  })

  it('stops when it is cancelled', async () => {
    const abort = new AbortController()
    const path = fileWith(JSON.stringify({ a: Array.from({ length: 100_000 }, (_, i) => i) }))
    const batches = scanJson(path, { ...scan, signal: abort.signal })
    await batches.next()
    abort.abort()
    expect((await failure(batches.next())).code).toBe('aborted')
  })

  it('lets only AppErrors out of damaged files', async () => {
    const text = Buffer.from(JSON.stringify({ x: [{ y: 'é' }], a: [{ b: [1, 2.5, null], c: 'text' }, 'more'] }))
    await fc.assert(
      fc.asyncProperty(fc.nat(text.length - 1), fc.nat(255), async (at, byte) => {
        const damaged = Buffer.from(text)
        damaged[at] = byte
        const result: unknown = await readText(damaged).catch((error: unknown) => error)
        expect(result instanceof AppError || Array.isArray(result)).toBe(true)
      }),
      { numRuns: 300 },
    )
  })
})
