import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { filename } from '#main/datasets/filename.ts'
import { folder } from '#main/datasets/folder.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { describeWithData, testData } from '../../builders/test-data.ts'
import { collect, defectCounts, quietContext, writePhoto } from './dataset-tools.ts'

async function photos(...files: string[]): Promise<string> {
  const imagesDir = temporaryFolder()
  for (const [i, file] of files.entries()) await writePhoto(imagesDir, file, 4 + i, 3)
  return imagesDir
}

describe('a folder a class', () => {
  it('gives photos in the order of their paths, with class and split', async () => {
    const imagesDir = await photos('train/dogs/1.png', 'train/cats/2.png', 'test/cats/1.png')
    const { images, instances, defects, notes } = await collect(folder.read!({ imagesDir }, quietContext()))
    expect(images.map(({ file, label, split, width }) => [file, label, split, width])).toEqual([
      ['test/cats/1.png', 'cat', 'test', 6],
      ['train/cats/2.png', 'cat', 'train', 5],
      ['train/dogs/1.png', 'dog', 'train', 4],
    ])
    expect([instances, defects]).toEqual([[], []])
    expect(notes).toEqual([
      { kind: 'label-rule', rule: { kind: 'folder' }, isGuess: false, nLabels: 2, labels: ['cat', 'dog'] },
    ])
  })

  it('keeps photos without a class, leaves out broken ones, and says so', async () => {
    const imagesDir = await photos('1.png', 'cats/1.png')
    writeFileSync(join(imagesDir, 'cats/2.png'), 'no image')
    const { images, defects } = await collect(folder.read!({ imagesDir }, quietContext()))
    expect(images.map(({ file }) => file)).toEqual(['1.png', 'cats/1.png'])
    expect(defectCounts(defects)).toEqual({ 'label-missing kept': 1, 'image-broken refused': 1 })
  })

  it('follows another rule where one is given', async () => {
    const imagesDir = await photos('x/cat.1.png', 'x/dog.1.png')
    const request = { imagesDir, labels: { kind: 'filename' } } as const
    const { images } = await collect(folder.read!(request, quietContext()))
    expect(images.map(({ label }) => label)).toEqual(['cat', 'dog'])
  })

  it('says that there is no such folder, and stops when it is cancelled', async () => {
    const none = folder.read!({ imagesDir: join(temporaryFolder(), 'none') }, quietContext())
    await expect(collect(none)).rejects.toMatchObject({ code: 'file.missing' })
    const cancelled = folder.read!({ imagesDir: await photos('a/1.png') }, quietContext(AbortSignal.abort()))
    await expect(collect(cancelled)).rejects.toMatchObject({ code: 'aborted' })
  })
})

describe('the class in the file name', () => {
  it('is the name without its number', async () => {
    const imagesDir = await photos('cat.1.png', 'dog.1.png', 'IMG_1.png')
    const { images, defects } = await collect(filename.read!({ imagesDir }, quietContext()))
    expect(images.map(({ file, label }) => [file, label])).toEqual([
      ['IMG_1.png', null],
      ['cat.1.png', 'cat'],
      ['dog.1.png', 'dog'],
    ])
    expect(defectCounts(defects)).toEqual({ 'label-missing kept': 1 })
  })
})

describeWithData('real photos without masks', () => {
  it('come in with 400 cats and 400 dogs by name (Dogs vs Cats)', async () => {
    const imagesDir = testData('data/dogs-vs-cats/train')
    const { images, defects } = await collect(filename.read!({ imagesDir }, quietContext()))
    expect(images.length).toBe(800)
    expect(images.filter(({ label }) => label === 'cat').length).toBe(400)
    expect(images.find(({ file }) => file === 'cat.0.jpg')).toMatchObject({
      width: 500,
      height: 374,
      sizeBytes: 12_414,
    })
    expect(defects).toEqual([])
  })

  it('come in with 120 cats and 250 dogs by folder (Oxford pets)', async () => {
    const imagesDir = testData('data/oxford-pets-370/data/sample_images')
    const { images } = await collect(folder.read!({ imagesDir }, quietContext()))
    expect(['cat', 'dog'].map((name) => images.filter(({ label }) => label === name).length)).toEqual([120, 250])
  })
})
