import type { PixelSize } from '#common/image/geometry.ts'
import { imageBroken } from './image-error.ts'

/** What is stored in a BMP file, and where. */
interface BmpHeader extends PixelSize {
  readonly bits: number
  readonly isTopDown: boolean
  readonly compression: number
  readonly pixelsAt: number
  readonly palette: { readonly at: number; readonly entrySize: number; readonly entries: number }
  /** Red, green, blue, for 16 and 32 bits. */
  readonly masks: readonly [number, number, number]
}

const NONE = 0
const RLE8 = 1
const BITFIELDS = 3
const FILE_HEADER = 14
const CORE_HEADER = 12

/**
 * Width and height a BMP file claims, in pixels.
 * @throws AppError 'image.broken'
 */
export function bmpSize(bytes: Uint8Array, name: string): PixelSize {
  const { width, height } = readHeader(bytes, name)
  return { width, height }
}

/**
 * Decodes a Windows bitmap: 1, 4, 8, 16, 24 and 32 bits, uncompressed, RLE8 or with bit masks, bottom-up or top-down.
 * Alpha is dropped; palette entries that the file leaves out are black, and what RLE skips is colour 0, as in Pillow.
 * @returns R, G, B interleaved, row-major [height × width × 3]
 * @throws AppError 'image.broken' (damaged, cut off, or of a kind that is not read)
 */
export function decodeBmp(bytes: Uint8Array, name: string): Uint8Array {
  const header = readHeader(bytes, name)
  const rowBytes = Math.floor((header.width * header.bits + 31) / 32) * 4
  if (header.compression === RLE8)
    return fromPalette(unpackRle8(bytes, header, name), header, { bytes, rowBytes: header.width })
  // some writers leave out the padding of the last row
  const needed = rowBytes * (header.height - 1) + Math.ceil((header.width * header.bits) / 8)
  const pixels = bytes.subarray(header.pixelsAt)
  if (pixels.length < needed) {
    throw imageBroken(name, `is a BMP image that ends early: ${pixels.length} of ${needed} bytes of pixels`)
  }
  if (header.bits <= 8) return fromPalette(pixels, header, { bytes, rowBytes })
  return header.bits === 24 ? fromBytes(pixels, header, rowBytes) : fromMasks(pixels, header, rowBytes)
}

function readHeader(bytes: Uint8Array, name: string): BmpHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < FILE_HEADER + CORE_HEADER) throw imageBroken(name, 'is a BMP image whose header is cut off')
  const headerSize = view.getUint32(FILE_HEADER, true)
  if (bytes.length < FILE_HEADER + headerSize) throw imageBroken(name, 'is a BMP image whose header is cut off')
  const isCore = headerSize === CORE_HEADER
  const width = isCore ? view.getUint16(18, true) : view.getInt32(18, true)
  const signedHeight = isCore ? view.getUint16(20, true) : view.getInt32(22, true)
  const bits = view.getUint16(isCore ? 24 : 28, true)
  const compression = isCore ? NONE : view.getUint32(30, true)
  const claimedEntries = isCore ? 0 : view.getUint32(46, true)
  if (width < 1 || signedHeight === 0) throw imageBroken(name, `is a BMP image of ${width}×${signedHeight} pixels`)
  requireSupported(name, bits, compression)
  return {
    width,
    height: Math.abs(signedHeight),
    bits,
    isTopDown: signedHeight < 0,
    compression,
    pixelsAt: view.getUint32(10, true),
    palette: {
      at: FILE_HEADER + headerSize,
      entrySize: isCore ? 3 : 4,
      entries: Math.min(claimedEntries === 0 ? Infinity : claimedEntries, 2 ** Math.min(bits, 8)),
    },
    masks:
      compression === BITFIELDS
        ? readMasks(view, name)
        : bits === 16
          ? [0x7c00, 0x3e0, 0x1f]
          : [0xff0000, 0xff00, 0xff],
  }
}

function requireSupported(name: string, bits: number, compression: number): void {
  const isRead =
    (compression === NONE && [1, 4, 8, 16, 24, 32].includes(bits)) ||
    (compression === RLE8 && bits === 8) ||
    (compression === BITFIELDS && (bits === 16 || bits === 32))
  if (isRead) return
  throw imageBroken(name, `is a BMP image of a kind that is not read (${bits} bits, compression ${compression})`, {
    hint: 'Save it as PNG with another program.',
  })
}

/** The masks follow a 40-byte header, and are part of the longer ones: the same place. */
function readMasks(view: DataView, name: string): [number, number, number] {
  const at = FILE_HEADER + 40
  if (view.byteLength < at + 12) throw imageBroken(name, 'is a BMP image whose colour masks are cut off')
  return [view.getUint32(at, true), view.getUint32(at + 4, true), view.getUint32(at + 8, true)]
}

/** Index of an output row's first value, for stored row `y`. */
function outputRow({ width, height, isTopDown }: BmpHeader, y: number): number {
  return (isTopDown ? y : height - 1 - y) * width * 3
}

function fromBytes(pixels: Uint8Array, header: BmpHeader, rowBytes: number): Uint8Array {
  const out = new Uint8Array(header.width * header.height * 3)
  for (let y = 0; y < header.height; y++) {
    let to = outputRow(header, y)
    let from = y * rowBytes
    for (let x = 0; x < header.width; x++, from += 3) {
      out[to++] = pixels[from + 2]!
      out[to++] = pixels[from + 1]!
      out[to++] = pixels[from]!
    }
  }
  return out
}

function fromMasks(pixels: Uint8Array, header: BmpHeader, rowBytes: number): Uint8Array {
  const out = new Uint8Array(header.width * header.height * 3)
  const size = header.bits / 8
  const shifts = header.masks.map((mask) => (mask === 0 ? 0 : 31 - Math.clz32(mask & -mask)))
  const maxima = header.masks.map((mask, i) => mask >>> shifts[i]!)
  for (let y = 0; y < header.height; y++) {
    let to = outputRow(header, y)
    let from = y * rowBytes
    for (let x = 0; x < header.width; x++, from += size) {
      let value = pixels[from]! | (pixels[from + 1]! << 8)
      if (size === 4) value |= (pixels[from + 2]! << 16) | (pixels[from + 3]! << 24)
      for (let c = 0; c < 3; c++) {
        const part = (value & header.masks[c]!) >>> shifts[c]!
        out[to++] = maxima[c] === 0 ? 0 : Math.floor((part * 255) / maxima[c]!)
      }
    }
  }
  return out
}

function fromPalette(
  pixels: Uint8Array,
  header: BmpHeader,
  { bytes, rowBytes }: { readonly bytes: Uint8Array; readonly rowBytes: number },
): Uint8Array {
  const { width, height, bits } = header
  const palette = readPalette(bytes, header)
  const out = new Uint8Array(width * height * 3)
  const perByteLog2 = bits === 8 ? 0 : bits === 4 ? 1 : 3
  const inByte = (1 << perByteLog2) - 1
  const mask = (1 << bits) - 1
  for (let y = 0; y < height; y++) {
    const row = y * rowBytes
    let to = outputRow(header, y)
    for (let x = 0; x < width; x++) {
      const shift = (inByte - (x & inByte)) * bits
      const colour = ((pixels[row + (x >> perByteLog2)]! >> shift) & mask) * 3
      out[to++] = palette[colour]!
      out[to++] = palette[colour + 1]!
      out[to++] = palette[colour + 2]!
    }
  }
  return out
}

function readPalette(bytes: Uint8Array, { palette: { at, entrySize, entries } }: BmpHeader): Uint8Array {
  const palette = new Uint8Array(256 * 3)
  for (let i = 0; i < entries && at + i * entrySize + 3 <= bytes.length; i++) {
    for (let c = 0; c < 3; c++) palette[i * 3 + c] = bytes[at + i * entrySize + 2 - c]!
  }
  return palette
}

/** One index a byte, rows as stored (bottom-up unless the header says else), without padding. */
function unpackRle8(bytes: Uint8Array, { width, height, pixelsAt }: BmpHeader, name: string): Uint8Array {
  const out = new Uint8Array(width * height)
  let at = pixelsAt
  let x = 0
  let y = 0
  while (y < height) {
    if (at + 2 > bytes.length) throw imageBroken(name, 'is a BMP image that ends early')
    const count = bytes[at++]!
    const value = bytes[at++]!
    if (count > 0) {
      out.fill(value, y * width + x, y * width + Math.min(width, x + count))
      x += count
    } else if (value === 0) {
      x = 0
      y++
    } else if (value === 1) {
      break
    } else if (value === 2) {
      if (at + 2 > bytes.length) throw imageBroken(name, 'is a BMP image that ends early')
      x += bytes[at++]!
      y += bytes[at++]!
    } else {
      if (at + value > bytes.length) throw imageBroken(name, 'is a BMP image that ends early')
      out.set(bytes.subarray(at, at + Math.max(0, Math.min(value, width - x))), y * width + Math.min(x, width))
      x += value
      at += value + (value % 2)
    }
  }
  return out
}
