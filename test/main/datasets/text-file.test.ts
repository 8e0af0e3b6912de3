import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readLines, TextFile } from '#main/datasets/text-file.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'

describe('TextFile', () => {
  it('writes all pieces in their order, also more than fit its buffer', async () => {
    const path = join(temporaryFolder(), 'text')
    const pieces = Array.from({ length: 300 }, (_, i) => `${i}: ${'ä🐻'.repeat(i * 10)}\n`)
    const file = await TextFile.create(path)
    for (const piece of pieces) await file.write(piece)
    await file.finish()
    await file.dispose()
    expect(readFileSync(path, 'utf8')).toBe(pieces.join(''))
  })

  it('does not write over a file', async () => {
    const path = join(temporaryFolder(), 'text')
    writeFileSync(path, 'before')
    await expect(TextFile.create(path)).rejects.toMatchObject({ code: 'file.unwritable' })
    expect(readFileSync(path, 'utf8')).toBe('before')
  })
})

describe('readLines', () => {
  it('splits at line feeds only, wherever the pieces of the file end', async () => {
    const path = join(temporaryFolder(), 'lines')
    const lines = ['', 'a\r', 'b\u2028c', 'é'.repeat(700_000), '🐻'.repeat(600_000), 'last']
    writeFileSync(path, lines.map((line) => `${line}\n`).join(''))
    const found: string[] = []
    for await (const line of readLines(path)) found.push(line)
    expect(found).toEqual(lines)
  })

  it('takes what follows the last line feed only where it is asked to, and no line that is too long', async () => {
    const path = join(temporaryFolder(), 'lines')
    const read = async (options?: Parameters<typeof readLines>[1]) => {
      const found: string[] = []
      for await (const line of readLines(path, options)) found.push(line)
      return found
    }
    writeFileSync(path, 'a\nbcd')
    expect(await read()).toEqual(['a'])
    expect(await read({ takesRest: true, maxLength: 3 })).toEqual(['a', 'bcd'])
    await expect(read({ maxLength: 2 })).rejects.toMatchObject({ code: 'import.format' })
    writeFileSync(path, `abc\n${'x'.repeat(1 << 21)}`)
    await expect(read({ maxLength: 2 })).rejects.toMatchObject({ code: 'import.format' })
  })
})
