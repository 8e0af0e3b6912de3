import type * as nodeFs from 'node:fs'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { nameAside, placeFile, replaceFile } from '#main/project/settle-file.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'

const refusals = vi.hoisted(() => ({ link: null as string | null, renames: [] as string[] }))

// file systems that make no hard links, and scanners that hold a file, cannot be had in a test
vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof nodeFs>()
  const refuse = (code: string | null | undefined) => {
    if (code) throw Object.assign(new Error(code), { code })
  }
  return {
    ...fs,
    linkSync: (from: string, to: string) => {
      refuse(refusals.link)
      fs.linkSync(from, to)
    },
    renameSync: (from: string, to: string) => {
      refuse(refusals.renames.shift())
      fs.renameSync(from, to)
    },
  }
})

beforeEach(() => {
  refusals.link = null
  refusals.renames = []
})

function writeAside(): { folder: string; path: string; aside: string } {
  const folder = temporaryFolder()
  const path = join(folder, 'a.obalex')
  const aside = nameAside(path)
  writeFileSync(aside, 'new')
  return { folder, path, aside }
}

describe('placeFile', () => {
  it.each([null, 'EPERM', 'ENOTSUP', 'ENOSYS'])('puts a file in place (hard links: %s)', async (link) => {
    refusals.link = link
    const { folder, path, aside } = writeAside()
    expect(await placeFile(aside, path)).toBe(true)
    expect(readdirSync(folder)).toEqual(['a.obalex'])
    expect(readFileSync(path, 'utf8')).toBe('new')
  })

  it.each([null, 'EPERM'])('leaves a file alone that is there (hard links: %s)', async (link) => {
    refusals.link = link
    const { path, aside } = writeAside()
    writeFileSync(path, 'old')
    expect(await placeFile(aside, path)).toBe(false)
    expect(readFileSync(path, 'utf8')).toBe('old')
    expect(readFileSync(aside, 'utf8')).toBe('new')
  })
})

describe('replaceFile', () => {
  it('replaces a file, also after a scanner has let go of it', async () => {
    refusals.renames = ['EBUSY', 'EPERM']
    const { folder, path, aside } = writeAside()
    writeFileSync(path, 'old')
    await replaceFile(aside, path)
    expect(readdirSync(folder)).toEqual(['a.obalex'])
    expect(readFileSync(path, 'utf8')).toBe('new')
  })

  it('gives up at once where waiting does not help', async () => {
    refusals.renames = ['EXDEV']
    const { path, aside } = writeAside()
    writeFileSync(path, 'old')
    await expect(replaceFile(aside, path)).rejects.toMatchObject({ code: 'EXDEV' })
    expect(readFileSync(path, 'utf8')).toBe('old')
  })
})
