import { describe, expect, it } from 'vitest'
import {
  labelFromFileName,
  labelFromFolder,
  parseLabelCsv,
  parseLabelRule,
  splitFromPath,
} from '#common/classes/label-rules.ts'

describe('parseLabelRule', () => {
  it('reads every kind', () => {
    expect(parseLabelRule('folder')).toEqual({ kind: 'folder' })
    expect(parseLabelRule('filename')).toEqual({ kind: 'filename' })
    expect(parseLabelRule('category')).toEqual({ kind: 'category' })
    expect(parseLabelRule('field:species:latin')).toEqual({ kind: 'field', name: 'species:latin' })
    expect(parseLabelRule('csv:C:\\data\\labels.csv')).toEqual({ kind: 'csv', file: 'C:\\data\\labels.csv' })
  })

  it('refuses anything else as wrong usage', () => {
    for (const text of ['', 'Folder', 'field', 'field:', 'csv:', 'folder:x', 'names']) {
      expect(() => parseLabelRule(text)).toThrow(expect.objectContaining({ code: 'request.usage' }))
    }
  })
})

describe('labelFromFolder', () => {
  it('is the folder that holds the image, in the singular', () => {
    expect(labelFromFolder('cats/Persian_106.jpg')).toBe('cat')
    expect(labelFromFolder('train/dogs/1.jpg')).toBe('dog')
    expect(labelFromFolder('a\\b\\glasses\\1.png')).toBe('glasses')
    expect(labelFromFolder('101_ObjectCategories/airplanes/image_0001.jpg')).toBe('airplane')
    expect(labelFromFolder('bus/1.jpg')).toBe('bus')
  })

  it('is null where no folder says what is in the picture', () => {
    for (const file of ['1.jpg', './1.jpg', '../1.jpg', 'train/1.jpg', 'Validation/1.jpg', 'x/images/1.jpg', '']) {
      expect(labelFromFolder(file), file).toBeNull()
    }
  })
})

describe('labelFromFileName', () => {
  it('is the words before the number', () => {
    for (const file of [
      'cat.1.jpg',
      'cat_1.jpg',
      'cat-001.jpg',
      'train/cat.12499.jpg',
      'cats 7.png',
      'cat (3).jpeg',
      'cat(3).jpg',
    ]) {
      expect(labelFromFileName(file), file).toBe('cat')
    }
    expect(labelFromFileName('english_setter_153.jpg')).toBe('english_setter')
    expect(labelFromFileName('hot dog (3).png')).toBe('hot dog')
    expect(labelFromFileName('pájaro_1.jpg')).toBe('pájaro')
  })

  it('is null without words, separator or number, and for what cameras call their files', () => {
    for (const file of [
      '1.jpg',
      'cat.jpg',
      'cat1.jpg',
      'cat_1_2b.jpg',
      '_1.jpg',
      'IMG_1234.jpg',
      'DSC-0001.JPG',
      'image_0001.jpg',
      '',
    ]) {
      expect(labelFromFileName(file), file).toBeNull()
    }
  })

  it('is quick on a hostile name', () => {
    expect(labelFromFileName(`${'a._-'.repeat(20_000)}!`)).toBeNull()
  })
})

describe('splitFromPath', () => {
  it('is told by the first folder', () => {
    expect(splitFromPath('train/cats/1.jpg')).toBe('train')
    expect(splitFromPath('Training/1.jpg')).toBe('train')
    expect(splitFromPath('val\\1.jpg')).toBe('validation')
    expect(splitFromPath('./valid/1.jpg')).toBe('validation')
    expect(splitFromPath('test/1.jpg')).toBe('test')
  })

  it('is null elsewhere', () => {
    for (const file of ['cats/train/1.jpg', 'train.jpg', 'test', 'trains/1.jpg', 'constructor/1.jpg']) {
      expect(splitFromPath(file), file).toBeNull()
    }
  })
})

describe('parseLabelCsv', () => {
  it('finds its two columns among others', () => {
    const labels = parseLabelCsv('id,Label,Image\n1,cat,"a, 1.jpg"\n2,,b.jpg\n3,dog,c.jpg\n3,dog,c.jpg\n')
    expect([...labels]).toEqual([
      ['a, 1.jpg', 'cat'],
      ['c.jpg', 'dog'],
    ])
  })

  it('refuses a table without them, short rows and contradictions', () => {
    for (const text of [
      '',
      'file,label\na,b',
      'image,label\na.jpg',
      'image,label\n,cat',
      'image,label\na,cat\na,dog',
    ]) {
      expect(() => parseLabelCsv(text)).toThrow(expect.objectContaining({ code: 'import.format' }))
    }
  })
})
