import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { AppError } from '#common/contract/errors.ts'
import { withZipEntries } from '#main/files/zip-entries.ts'
import { zipOf } from '../../builders/keras-files.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { expectOnlyAppErrors } from './damage.ts'

function write(bytes: Uint8Array): string {
  const path = join(temporaryFolder(), 'some.zip')
  writeFileSync(path, bytes)
  return path
}

/** The content of an entry. */
function read(path: string, name = 'a.txt', maxBytes = 1000): Promise<string> {
  return withZipEntries(path, ['a.txt', 'b.txt'], async (entries) => {
    const chunks: Uint8Array[] = []
    await entries.unpack(name, maxBytes, (chunk) => void chunks.push(chunk))
    return Buffer.concat(chunks).toString()
  })
}

async function errorOf(action: Promise<unknown>): Promise<AppError> {
  const error: unknown = await action.then(
    () => undefined,
    (cause: unknown) => cause,
  )
  if (error instanceof AppError) return error
  throw new Error('there was no AppError', { cause: error })
}

/** The bytes with one text put in the place of another of the same length, wherever it is. */
function replaced(bytes: Uint8Array, from: string, to: string): Uint8Array {
  return Buffer.from(Buffer.from(bytes).toString('latin1').replaceAll(from, to), 'latin1')
}

describe('entries', () => {
  it.each([0, 6])('are unpacked at level %i', async (level) => {
    const path = write(await zipOf({ 'a.txt': 'one', 'b.txt': 'two', 'c/d.txt': 'three' }, { level }))
    expect(await read(path)).toBe('one')
    expect(await read(path, 'b.txt')).toBe('two')
  })

  it('that nobody named are not there', async () => {
    const path = write(await zipOf({ 'a.txt': 'one', 'c.txt': 'two' }))
    const found = await withZipEntries(path, ['a.txt', 'b.txt'], (entries) =>
      Promise.resolve(['a.txt', 'b.txt', 'c.txt'].map((name) => entries.has(name))),
    )
    expect(found).toEqual([true, false, false])
    expect(await errorOf(read(path, 'c.txt'))).toMatchObject({ code: 'file.format' })
  })

  it('larger than allowed are refused before they are unpacked', async () => {
    const path = write(await zipOf({ 'a.txt': new Uint8Array(1001) }, { level: 9 }))
    expect(await errorOf(read(path))).toMatchObject({ code: 'file.format' })
    expect(await read(path, 'a.txt', 1001)).toHaveLength(1001)
  })

  it('larger than they claim are refused while they are unpacked', async () => {
    const size = 5_000_000
    const bytes = Buffer.from(await zipOf({ 'a.txt': new Uint8Array(size) }, { level: 9 }))
    expect(bytes.length).toBeLessThan(size / 900)
    const claimed = Buffer.alloc(4)
    claimed.writeUInt32LE(size)
    const honest = [...bytes.toString('latin1').matchAll(new RegExp(claimed.toString('latin1'), 'g'))]
    expect(honest.length).toBeGreaterThan(0)
    for (const { index } of honest) bytes.writeUInt32LE(900, index)
    expect(await errorOf(read(write(bytes)))).toMatchObject({ code: 'file.format' })
  })
})

describe('refused are', () => {
  it.each(['../ab.txt', '/abcd.txt', 'c:\\de.txt', '..\\ab.txt', 'a/../../b'])('an entry called %s', async (name) => {
    const bytes = await zipOf({ 'a.txt': 'one', ['x'.repeat(name.length)]: 'two' })
    const error = await errorOf(read(write(replaced(bytes, 'x'.repeat(name.length), name))))
    expect(error).toMatchObject({ code: 'path.outside', data: { name } })
  })

  it('two entries of one name', async () => {
    const bytes = await zipOf({ 'a.txt': 'one', 'x.txt': 'two' })
    expect(await errorOf(read(write(replaced(bytes, 'x.txt', 'a.txt'))))).toMatchObject({ code: 'file.format' })
  })

  it('an encrypted entry', async () => {
    const bytes = await zipOf({ 'a.txt': 'one' }, { password: 'secret' })
    const error = await errorOf(read(write(bytes)))
    expect(error).toMatchObject({ code: 'file.format', message: expect.stringContaining('encrypted') as string })
  })

  it('an entry that was changed', async () => {
    const bytes = await zipOf({ 'a.txt': 'the content' })
    expect(await errorOf(read(write(replaced(bytes, 'the content', 'the c0ntent'))))).toMatchObject({
      code: 'file.format',
    })
  })

  it('a file that is no ZIP, is empty, or is not there', async () => {
    expect(await errorOf(read(write(Buffer.from('no archive'))))).toMatchObject({ code: 'file.format' })
    expect(await errorOf(read(write(new Uint8Array())))).toMatchObject({ code: 'file.format' })
    expect(await errorOf(read(join(temporaryFolder(), 'none.zip')))).toMatchObject({ code: 'file.missing' })
    expect(await errorOf(read(temporaryFolder()))).toMatchObject({ code: 'file.unreadable' })
  })

  it('a file of very many entries', async () => {
    const one = Buffer.from(await zipOf({ 'a.txt': '' }))
    const central = one.indexOf(Buffer.from('PK\x01\x02', 'latin1'))
    const end = one.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'))
    const entry = one.subarray(central, end)
    const n = 20_000
    const tail = Buffer.from(one.subarray(end))
    tail.writeUInt16LE(n, 8)
    tail.writeUInt16LE(n, 10)
    tail.writeUInt32LE(n * entry.length, 12)
    const distinct = Array.from({ length: n }, (_, i) => {
      const own = Buffer.from(entry)
      own.write(i.toString(36).padStart(5, '_'), own.indexOf('a.txt'))
      return own
    })
    const path = write(Buffer.concat([one.subarray(0, central), ...distinct, tail]))
    expect(await errorOf(read(path))).toMatchObject({
      code: 'file.format',
      message: expect.stringContaining('10000') as string,
    })
  })
})

it('survives any damage', async () => {
  const path = write(await zipOf({ 'a.txt': 'one', 'b.txt': 'two' }, { level: 6 }))
  await expectOnlyAppErrors(readFileSync(path), async (bytes) => {
    writeFileSync(path, bytes)
    await read(path)
  })
})
