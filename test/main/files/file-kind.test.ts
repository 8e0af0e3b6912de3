import { describe, expect, it } from 'vitest'
import { describeBytes, imageKind } from '#main/files/file-kind.ts'

const latin1 = (text: string): Uint8Array => Buffer.from(text, 'latin1')

describe('imageKind', () => {
  it.each([
    ['jpeg', '\xff\xd8\xff\xe0'],
    ['png', '\x89PNG\r\n\x1a\n'],
    ['webp', 'RIFF\0\0\0\0WEBPVP8 '],
    ['tiff', 'II*\0\x08\0\0\0'],
    ['tiff', 'MM\0*\0\0\0\x08'],
    ['tiff', 'II+\0'],
    ['gif', 'GIF87a'],
    ['gif', 'GIF89a'],
    ['bmp', 'BM\0\0\0\0\0\0\0\0\0\0\0\0\x28\0\0\0'],
  ])('knows %s by its first bytes', (kind, bytes) => {
    expect(imageKind(latin1(bytes))).toBe(kind)
  })

  it.each(['', 'GIF', 'GIF88a', 'RIFF\0\0\0\0WAVE', 'BM', 'BMW makes cars, and more.', '\xff\xd8', '%PDF-1.4'])(
    'takes nothing else for an image: %j',
    (bytes) => {
      expect(imageKind(latin1(bytes))).toBeNull()
    },
  )
})

describe('describeBytes', () => {
  it('says what a file looks like', () => {
    expect(describeBytes(latin1('\x93NUMPY\x01\0'))).toBe('a NumPy array')
    expect(describeBytes(Buffer.from('\uFEFF  {"a": 1}'))).toBe('JSON')
    expect(describeBytes(Buffer.from('é'.repeat(2000)))).toBe('text')
    expect(describeBytes(latin1('\xff\xfea\0b\0'))).toBe('text')
    expect(describeBytes(Buffer.from('[1, 2]'))).toBe('JSON')
    expect(describeBytes(Buffer.from('<?xml version="1.0"?><annotation/>'))).toBe('an XML document')
    expect(describeBytes(latin1('\0\0\0\x18ftypisom'))).toBe('a video')
    expect(describeBytes(latin1('caf\xe9'))).toBe('text')
    expect(describeBytes(latin1('\x01\x02caf\xe9'))).toBe('binary data of an unknown kind')
  })
})
