import { join } from 'node:path'
import { writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { guessLabelRule, labelNote, makeLabeller } from '#main/datasets/labels.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'

const photo = (file: string, source: Record<string, unknown> | null = null) => ({ file, source })

describe('guessLabelRule', () => {
  it.each([
    ['folder', ['cats/Abyssinian_101.jpg', 'dogs/beagle_1.jpg']],
    ['folder', ['train/cats/1.jpg', 'val/dogs/1.jpg', 'test/dogs/2.jpg']],
    ['filename', ['cat.1.jpg', 'cat.2.jpg', 'dog.1.jpg', 'dog.2.jpg']],
    ['filename', ['images/cat.1.jpg', 'images/cat.2.jpg', 'images/dog.1.jpg', 'images/dog.2.jpg']],
    [undefined, ['cats/1.jpg', 'cats/2.jpg']],
    [undefined, ['cats/1.jpg', '2.jpg', 'dogs/3.jpg']],
    [undefined, ['train2017/1.jpg', '2.jpg']],
    [undefined, ['holiday_1.jpg', 'garden_1.jpg', 'car_7.jpg']],
    [undefined, ['IMG_1.jpg', 'IMG_2.jpg', 'cat_1.jpg', 'cat_2.jpg']],
    [undefined, ['000000391895.jpg', '000000522418.jpg']],
    [undefined, []],
  ])('takes labels from %s for %j', (kind, files) => {
    expect(guessLabelRule(files)?.kind).toBe(kind)
  })
})

describe('makeLabeller', () => {
  it('takes text and numbers from a field, and nothing else', async () => {
    const labelOf = await makeLabeller({ kind: 'field', name: 'species' })
    const values = ['cat', 7, '', null, ['cat'], undefined]
    expect(values.map((species) => labelOf(photo('a.jpg', { species })))).toEqual(['cat', '7', null, null, null, null])
    expect(labelOf(photo('a.jpg'))).toBeNull()
    expect((await makeLabeller({ kind: 'field', name: 'constructor' }))(photo('a.jpg', {}))).toBeNull()
  })

  it('finds images in a table by their path, else by their name', async () => {
    const file = join(temporaryFolder(), 'labels.csv')
    writeFileSync(file, 'label,image\ncat,x/a.jpg\ndog,a.jpg\n')
    const labelOf = await makeLabeller({ kind: 'csv', file })
    expect(['x/a.jpg', 'y/a.jpg', 'b.jpg'].map((name) => labelOf(photo(name)))).toEqual(['cat', 'dog', null])
    await expect(makeLabeller({ kind: 'csv', file: `${file}.none` })).rejects.toMatchObject({ code: 'file.missing' })
  })

  it('refuses categories where a format has none', async () => {
    await expect(makeLabeller({ kind: 'category' })).rejects.toMatchObject({ code: 'request.usage' })
  })

  it('gives no label without a rule', async () => {
    expect((await makeLabeller(null))(photo('cats/cat.1.jpg'))).toBeNull()
  })
})

describe('labelNote', () => {
  it('shows the first labels and how many there are', () => {
    const labels = Array.from({ length: 30 }, (_, i) => (i % 3 === 0 ? null : `class ${i % 15}`))
    const note = labelNote({ kind: 'folder' }, true, labels)
    expect(note).toMatchObject({ isGuess: true, nLabels: 10 })
    expect(note.labels.slice(0, 3)).toEqual(['class 1', 'class 2', 'class 4'])
  })
})
