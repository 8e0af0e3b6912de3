import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { writeAside } from '#main/files/write-aside.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { unprivileged } from '../../builders/unprivileged.ts'

describe('writeAside', () => {
  it('writes bytes and text, over what was there, and leaves nothing else', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'map.npy')
    await writeAside(path, Uint8Array.of(1, 2, 3))
    expect([...readFileSync(path)]).toEqual([1, 2, 3])
    await writeAside(path, 'é\n')
    expect(readFileSync(path, 'utf8')).toBe('é\n')
    expect(readdirSync(folder)).toEqual(['map.npy'])
  })

  it('replaces a link instead of writing through it', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'other'), 'kept')
    symlinkSync(join(folder, 'other'), join(folder, 'link'))
    await writeAside(join(folder, 'link'), 'new')
    expect(readFileSync(join(folder, 'other'), 'utf8')).toBe('kept')
    expect(readFileSync(join(folder, 'link'), 'utf8')).toBe('new')
  })

  it('writes to a name as long as the file system allows', async () => {
    const folder = temporaryFolder()
    const name = 'n'.repeat(255)
    await writeAside(join(folder, name), 'x')
    expect(readdirSync(folder)).toEqual([name])
  })

  it('names the file and the reason where it cannot, and leaves nothing behind', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'taken'))
    writeFileSync(join(folder, 'file'), '')
    for (const [path, code] of [
      ['none/map.npy', 'ENOENT'],
      ['file/map.npy', 'ENOTDIR'],
      ['taken', 'EISDIR'],
      ['n'.repeat(256), 'ENAMETOOLONG'],
    ] as const) {
      await expect(writeAside(join(folder, path), 'x')).rejects.toMatchObject({
        code: 'file.unwritable',
        message: expect.stringContaining(path) as string,
        data: { code },
      })
    }
    await expect(writeAside(join(folder, 'a\0b'), 'x')).rejects.toMatchObject({ code: 'file.unwritable' })
    expect(readdirSync(folder).sort()).toEqual(['file', 'taken'])
  })

  it('writes parts as they come, and leaves nothing where they cannot be made', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'report.html')
    async function* parts(error?: Error): AsyncGenerator<Uint8Array | string> {
      yield 'é'
      await Promise.resolve()
      yield Uint8Array.of(33)
      if (error) throw error
      yield '\n'
    }
    await writeAside(path, parts())
    expect(readFileSync(path, 'utf8')).toBe('é!\n')
    const error = new Error('no more')
    await expect(writeAside(path, parts(error))).rejects.toBe(error)
    expect(readFileSync(path, 'utf8')).toBe('é!\n')
    await expect(writeAside(join(folder, 'none', 'x'), parts())).rejects.toMatchObject({ code: 'file.unwritable' })
    expect(readdirSync(folder)).toEqual(['report.html'])
  })

  it.skipIf(process.platform === 'win32')('refuses a folder that is read-only', () => {
    const folder = temporaryFolder()
    chmodSync(folder, 0o555)
    // in a process of its own: permissions do not bind root
    const program = `
      const { writeAside } = await import(${JSON.stringify(join(import.meta.dirname, '../../../main/files/write-aside.ts'))})
      try { await writeAside(${JSON.stringify(join(folder, 'a'))}, 'x') } catch (error) { console.log(error.code, error.data.code) }`
    const [file, ...args] = unprivileged([process.execPath, '--input-type=module', '-e', program])
    const output = execFileSync(file, args, { encoding: 'utf8' })
    expect(output.trim()).toBe('file.unwritable EACCES')
    expect(readdirSync(folder)).toEqual([])
  })
})
