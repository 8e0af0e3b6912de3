import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { listImages } from '#main/files/list-images.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'

function folderOf(...files: string[]): string {
  const folder = temporaryFolder()
  for (const file of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), '')
  }
  return folder
}

describe('listImages', () => {
  it('finds images at any depth by their endings, in any case', async () => {
    const folder = folderOf(
      'b/c/1.JPG',
      'a.png',
      'b/2.jpeg',
      'notes.txt',
      'b/labels.json',
      'x.tif',
      'y.TIFF',
      'z.webp',
      'i.bmp',
      'j.gif',
      'png',
    )
    expect(await listImages(folder)).toEqual([
      'a.png',
      'b/2.jpeg',
      'b/c/1.JPG',
      'i.bmp',
      'j.gif',
      'x.tif',
      'y.TIFF',
      'z.webp',
    ])
  })

  it('sorts by code point, whatever the language', async () => {
    const folder = folderOf(
      'b.png',
      'B.png',
      'a/z.png',
      'a.png',
      'é.png',
      '10.png',
      '9.png',
      '\u{1F600}.png',
      '\uFB01.png',
    )
    expect(await listImages(folder)).toEqual([
      '10.png',
      '9.png',
      'B.png',
      'a.png',
      'a/z.png',
      'b.png',
      'é.png',
      '\uFB01.png',
      '\u{1F600}.png',
    ])
  })

  it('leaves out what is hidden', async () => {
    expect(await listImages(folderOf('.a.png', '.git/b.png', '__MACOSX/c.png', '._d.jpg', 'e.png'))).toEqual(['e.png'])
  })

  it('follows links once, and ends where they go round', async () => {
    const folder = folderOf('cats/1.png', 'real.png')
    const elsewhere = folderOf('2.png')
    symlinkSync(folder, join(folder, 'cats/up'))
    symlinkSync(join(folder, 'cats'), join(folder, 'again'))
    symlinkSync(elsewhere, join(folder, 'linked'))
    symlinkSync(elsewhere, join(folder, 'linked-twice'))
    symlinkSync(join(folder, 'real.png'), join(folder, 'link.png'))
    symlinkSync(join(folder, 'none'), join(folder, 'dangling.png'))
    symlinkSync(join(folder, 'loop.png'), join(folder, 'loop.png'))
    expect(await listImages(folder)).toEqual(['cats/1.png', 'link.png', 'linked/2.png', 'real.png'])
  })

  it('takes a folder named like an image for a folder', async () => {
    expect(await listImages(folderOf('album.jpg/1.png'))).toEqual(['album.jpg/1.png'])
  })

  it('says where there is no folder', async () => {
    const folder = folderOf('a.png')
    await expect(listImages(join(folder, 'none'))).rejects.toMatchObject({ code: 'file.missing' })
    await expect(listImages(join(folder, 'a.png'))).rejects.toMatchObject({ code: 'file.unreadable' })
    expect(await listImages(temporaryFolder())).toEqual([])
  })
})
