import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { resolveInside } from '#main/files/safe-path.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'

function folderWithPhoto(): string {
  const root = temporaryFolder()
  const folder = join(root, 'data')
  mkdirSync(join(folder, 'cats'), { recursive: true })
  writeFileSync(join(folder, 'cats/1.jpg'), '')
  writeFileSync(join(root, 'secret.txt'), '')
  return folder
}

describe('resolveInside', () => {
  it('joins names with either separator, whether the file exists or not', async () => {
    const folder = folderWithPhoto()
    expect(await resolveInside(folder, 'cats/1.jpg')).toBe(join(folder, 'cats', '1.jpg'))
    expect(await resolveInside(folder, 'cats\\1.jpg')).toBe(join(folder, 'cats', '1.jpg'))
    expect(await resolveInside(folder, './cats//1.jpg')).toBe(join(folder, 'cats', '1.jpg'))
    expect(await resolveInside(folder, 'new/folder/..2.jpg')).toBe(join(folder, 'new', 'folder', '..2.jpg'))
  })

  it.each([
    ...[
      '../secret.txt',
      '..',
      'cats/../../secret.txt',
      '..\\secret.txt',
      'cats\\..\\..\\secret.txt',
      'cats/../cats/1.jpg',
    ],
    ...[
      '/etc/passwd',
      '\\\\server\\share\\x',
      '\\x',
      'C:\\x.jpg',
      'c:x.jpg',
      'C:/x.jpg',
      'cats/1.jpg\0.png',
      '',
      '.',
      './',
      '/',
    ],
  ])('refuses %j', async (name) => {
    await expect(resolveInside(folderWithPhoto(), name)).rejects.toMatchObject({ code: 'path.outside' })
  })

  it('follows links inside the folder, and refuses those that leave it', async () => {
    const folder = folderWithPhoto()
    symlinkSync(join(folder, 'cats'), join(folder, 'inside'))
    symlinkSync(join(folder, '..'), join(folder, 'up'))
    symlinkSync(join(folder, '../secret.txt'), join(folder, 'photo.jpg'))
    symlinkSync(join(folder, '../not-there-yet'), join(folder, 'dangling'))
    symlinkSync(join(folder, 'loop'), join(folder, 'loop'))
    expect(await resolveInside(folder, 'inside/1.jpg')).toBe(join(folder, 'inside/1.jpg'))
    for (const name of ['up/secret.txt', 'up/new.txt', 'photo.jpg', 'dangling', 'dangling/x', 'loop', 'loop/x']) {
      await expect(resolveInside(folder, name), name).rejects.toMatchObject({ code: 'path.outside' })
    }
  })

  it('takes a folder that is reached by a link itself, and says where there is none', async () => {
    const folder = folderWithPhoto()
    symlinkSync(folder, `${folder}-link`)
    expect(await resolveInside(`${folder}-link`, 'cats/1.jpg')).toBe(join(`${folder}-link`, 'cats/1.jpg'))
    await expect(resolveInside(`${folder}-none`, 'x')).rejects.toMatchObject({ code: 'file.missing' })
  })
})
