/** The image formats that are read. */
export type ImageKind = 'jpeg' | 'png' | 'webp' | 'tiff' | 'bmp' | 'gif'

interface Signature {
  readonly offset?: number
  /** As Latin-1 text. */
  readonly bytes: string
}

const bmpHeaderSizes = new Set([12, 40, 52, 56, 64, 108, 124])

const images: readonly (readonly [ImageKind, ...Signature[]])[] = [
  ['jpeg', { bytes: '\xff\xd8\xff' }],
  ['png', { bytes: '\x89PNG\r\n\x1a\n' }],
  ['webp', { bytes: 'RIFF' }, { offset: 8, bytes: 'WEBP' }],
  ['tiff', { bytes: 'II*\0' }],
  ['tiff', { bytes: 'MM\0*' }],
  ['tiff', { bytes: 'II+\0' }],
  ['tiff', { bytes: 'MM\0+' }],
  ['gif', { bytes: 'GIF87a' }],
  ['gif', { bytes: 'GIF89a' }],
]

const others: readonly (readonly [string, ...Signature[]])[] = [
  ['a HEIC image', { offset: 4, bytes: 'ftyphei' }],
  ['a HEIC image', { offset: 4, bytes: 'ftypmif1' }],
  ['an AVIF image', { offset: 4, bytes: 'ftypavif' }],
  ['a video', { offset: 4, bytes: 'ftyp' }],
  ['a JPEG XL image', { bytes: '\xff\x0a' }],
  ['a JPEG XL image', { offset: 4, bytes: 'JXL \r\n' }],
  ['a JPEG 2000 image', { offset: 4, bytes: 'jP  \r\n' }],
  ['a Photoshop document', { bytes: '8BPS' }],
  ['a PDF document', { bytes: '%PDF-' }],
  ['a ZIP archive', { bytes: 'PK\x03\x04' }],
  ['a gzip archive', { bytes: '\x1f\x8b' }],
  ['a NumPy array', { bytes: '\x93NUMPY' }],
  ['a MATLAB file', { bytes: 'MATLAB 5.0 MAT-file' }],
  ['an HDF5 file', { bytes: '\x89HDF\r\n\x1a\n' }],
]

const textStarts: readonly (readonly [RegExp, string])[] = [
  [/^version https:\/\/git-lfs/, 'a Git LFS pointer: the image itself was not fetched'],
  [/^<!doctype html|^<html/i, 'an HTML page'],
  [/^<svg|^<\?xml[^]*<svg/i, 'an SVG drawing'],
  [/^<\?xml/i, 'an XML document'],
  [/^[[{]/, 'JSON'],
]

/** Which image format the first bytes announce, whatever the file's name says; null if none of those that are read. */
export function imageKind(bytes: Uint8Array): ImageKind | null {
  if (hasSignature(bytes, { bytes: 'BM' }) && bytes.length >= 18) {
    const size = bytes[14]! | (bytes[15]! << 8) | (bytes[16]! << 16) | (bytes[17]! << 24)
    if (bmpHeaderSizes.has(size)) return 'bmp'
  }
  return images.find(([, ...signatures]) => signatures.every((s) => hasSignature(bytes, s)))?.[0] ?? null
}

/** What bytes that are no image look like, for a sentence "it looks like …": "text", "a PDF document". */
export function describeBytes(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'an empty file'
  const known = others.find(([, ...signatures]) => signatures.every((s) => hasSignature(bytes, s)))
  if (known !== undefined) return known[0]
  const head = bytes.subarray(0, 1024)
  if (!isText(head)) return 'binary data of an unknown kind'
  const text = Buffer.from(head)
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .trimStart()
  return textStarts.find(([start]) => start.test(text))?.[1] ?? 'text'
}

function hasSignature(bytes: Uint8Array, { offset = 0, bytes: expected }: Signature): boolean {
  if (bytes.length < offset + expected.length) return false
  for (let i = 0; i < expected.length; i++) if (bytes[offset + i] !== expected.charCodeAt(i)) return false
  return true
}

/** UTF-16 with its mark, or 8-bit text of any encoding: nothing below the space but line ends and tabs. */
function isText(head: Uint8Array): boolean {
  const isUtf16 = head.length > 3 && ((head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff))
  return isUtf16 || head.every((byte) => (byte >= 0x20 && byte !== 0x7f) || (byte >= 0x09 && byte <= 0x0d))
}
