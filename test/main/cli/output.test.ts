import { PassThrough, Writable } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseCsv } from '#common/classes/csv.ts'
import { Output, type OutputFormat } from '#main/cli/output.ts'
import { csvLine, printRows, tableOf } from '#main/cli/rows.ts'
import { counted, decimal, pairs, TextTable } from '#main/cli/table.ts'

interface Row {
  readonly name: string
  readonly share: number | null
}

const layout = {
  key: 'rows',
  text: tableOf<Row>([
    ['name', (row) => row.name],
    ['share', (row) => decimal(row.share)],
  ]),
  csv: [
    ['name', (row: Row) => row.name],
    ['share', (row: Row) => row.share],
  ],
} as const

async function* inPages(...pages: readonly (readonly Row[])[]): AsyncGenerator<readonly Row[]> {
  for (const page of pages) yield await Promise.resolve(page)
}

async function printed(format: OutputFormat, print: (output: Output) => Promise<unknown>): Promise<string> {
  const stream = new PassThrough()
  await print(new Output(stream, format))
  return String(stream.read() ?? '')
}

/** A stream that every write to is answered with this error. */
function failing(code: string): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done(Object.assign(new Error(code), { code })) })
}

const first = [{ name: 'a, "b"', share: 0.123456789 }]
const second = [{ name: 'longer than before', share: null }]

describe('rows', () => {
  it('make one JSON document over all pages, numbers unrounded, null where there is none', async () => {
    const text = await printed('json', (output) => printRows(output, inPages(first, second), layout))
    expect(JSON.parse(text)).toEqual({ rows: [...first, ...second] })
    expect(JSON.parse(await printed('json', (output) => printRows(output, inPages([]), layout)))).toEqual({ rows: [] })
  })

  it('may be followed by more of the document, known only when all rows are', async () => {
    const failures: string[] = []
    const pages = async function* (): AsyncGenerator<readonly Row[]> {
      yield await Promise.resolve(first)
      failures.push('b')
    }
    const text = await printed('json', (output) =>
      printRows(output, pages(), { ...layout, rest: () => ({ failures, n: 1 }) }),
    )
    expect(JSON.parse(text)).toEqual({ rows: first, failures: ['b'], n: 1 })
  })

  it('print nothing where the first page fails', async () => {
    const broken = async function* (): AsyncGenerator<readonly Row[]> {
      yield await Promise.reject(new Error('no such file'))
    }
    let error: unknown
    const text = await printed('json', (output) =>
      printRows(output, broken(), layout).catch((reason: unknown) => (error = reason)),
    )
    expect(text).toBe('')
    expect(error).toEqual(new Error('no such file'))
  })

  it('make one JSON object a line', async () => {
    const text = await printed('jsonl', (output) => printRows(output, inPages(first, second), layout))
    const lines = text.trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line) as Row)).toEqual([...first, ...second])
  })

  it('make a CSV with a head, also where there are none', async () => {
    expect(await printed('csv', (output) => printRows(output, inPages(first, second), layout))).toBe(
      'name,share\n"a, ""b""",0.123456789\nlonger than before,\n',
    )
    expect(await printed('csv', (output) => printRows(output, inPages([]), layout))).toBe('name,share\n')
  })

  it('make a table whose head stands once', async () => {
    const text = await printed('text', (output) => printRows(output, inPages(first, second), layout))
    expect(text).toBe('name    share\na, "b"  0.123\nlonger than before      –\n')
    expect(await printed('text', (output) => printRows(output, inPages([]), layout))).toBe('')
  })

  it('are counted', async () => {
    let n = 0
    await printed('json', async (output) => (n = await printRows(output, inPages(first, second), layout)))
    expect(n).toBe(2)
  })

  it('stop being asked for when nobody reads any more', async () => {
    const gone = failing('EPIPE')
    let nPages = 0
    const pages = async function* (): AsyncGenerator<readonly Row[]> {
      for (;;) {
        nPages++
        yield await Promise.resolve(first)
      }
    }
    const output = new Output(gone, 'jsonl')
    await printRows(output, pages(), layout)
    expect(output.isClosed).toBe(true)
    expect(nPages).toBe(1)
  })
})

describe('a CSV line', () => {
  it('is read back as it was', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', 'ä', ' ', ',', '"', '\n', '\r', '=') })
    fc.assert(
      fc.property(fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 4 }), (rows) => {
        expect(parseCsv(rows.map(csvLine).join(''))).toEqual(rows)
      }),
    )
  })

  it('keeps every digit', () => {
    expect(csvLine([0.1 + 0.2, 1e-9, null, true, 'x'])).toBe('0.30000000000000004,1e-9,,true,x\n')
  })
})

describe('output', () => {
  it('is one document with --json, one line of it with --jsonl, text without', async () => {
    const print = (output: Output): Promise<void> => output.document({ a: [1] }, () => ['one', 'two'])
    expect(await printed('json', print)).toBe('{\n  "a": [\n    1\n  ]\n}\n')
    expect(await printed('jsonl', print)).toBe('{"a":[1]}\n')
    expect(await printed('text', print)).toBe('one\ntwo\n')
  })

  it('waits until the reader has taken it', async () => {
    let taken = ''
    const slow = new Writable({
      highWaterMark: 1,
      write: (chunk: Buffer, _encoding, done) =>
        setImmediate(() => {
          taken += chunk.toString()
          done()
        }),
    })
    const text = 'x'.repeat(200_000)
    await new Output(slow, 'text').write(text)
    expect(taken).toBe(text)
  })

  it('says where it cannot be written, as to a full disk', async () => {
    const output = new Output(failing('ENOSPC'), 'text')
    await expect(output.write('x')).rejects.toMatchObject({ code: 'file.unwritable' })
    await expect(new Output(failing('EPIPE'), 'text').write('x')).resolves.toBeUndefined()
  })

  it('takes the progress bar away before it prints', async () => {
    const calls: string[] = []
    const stream = new Writable({
      write(_chunk, _encoding, done) {
        calls.push('data')
        done()
      },
    })
    await new Output(stream, 'text', () => calls.push('clear')).write('x')
    expect(calls).toEqual(['clear', 'data'])
  })
})

describe('text', () => {
  it('puts numbers under each other from the right, words from the left', () => {
    const table = new TextTable(['name', 'n', 'ok'])
    expect(
      table.lines([
        ['a', 5, true],
        ['bcdef', 1234.5678, false],
        ['', null, null],
      ]),
    ).toEqual(['name           n  ok', 'a              5  yes', 'bcdef  1,234.568  no', '–              –  –'])
  })

  it('shows no control characters of names', () => {
    expect(new TextTable(['x']).lines([['a\u001b[2Jb']])).toEqual(['x', 'a [2Jb'])
    expect(pairs([['name', 'a\nb']])).toEqual(['name  a b'])
  })

  it('rounds shares for people and counts with their noun', () => {
    expect([decimal(0.98765), decimal(null), decimal(12.34, 1)]).toEqual(['0.988', '–', '12.3'])
    expect([counted(1, 'mask'), counted(0, 'mask'), counted(1234, 'mask')]).toEqual([
      '1 mask',
      '0 masks',
      '1,234 masks',
    ])
  })
})
