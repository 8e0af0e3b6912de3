import type { PixelSize } from '#common/image/geometry.ts'
import { unpackGifLzw } from './gif-lzw.ts'
import { imageBroken } from './image-error.ts'

/** The first frame of a GIF file, still packed. */
interface GifFrame extends PixelSize {
  readonly left: number
  readonly top: number
  readonly frameWidth: number
  readonly frameHeight: number
  readonly isInterlaced: boolean
  readonly palette: Uint8Array
  /** Colour index of what the frame does not cover. */
  readonly background: number
  readonly dataAt: number
}

const EXTENSION = 0x21
const IMAGE = 0x2c
const GRAPHIC_CONTROL = 0xf9

/**
 * Width and height of a GIF's canvas, in pixels; larger than it claims where the first frame does not fit.
 * @throws AppError 'image.broken'
 */
export function gifSize(bytes: Uint8Array, name: string): PixelSize {
  const { width, height } = readFrame(bytes, name)
  return { width, height }
}

/**
 * Decodes a GIF's first frame as Pillow's `convert('RGB')` gives it: transparent pixels keep their palette colour, as
 * does what the frame leaves out; colours that the palette lacks are black.
 * @returns R, G, B interleaved, row-major [height × width × 3]
 * @throws AppError 'image.broken' (damaged or cut off)
 */
export function decodeGif(bytes: Uint8Array, name: string): Uint8Array {
  const frame = readFrame(bytes, name)
  const indices = unpackGifLzw(joinSubBlocks(bytes, frame.dataAt + 1), {
    minCodeSize: bytes[frame.dataAt]!,
    count: frame.frameWidth * frame.frameHeight,
  })
  if (indices === null) throw imageBroken(name, 'is a damaged GIF image, or one that is cut off')
  const out = new Uint8Array(frame.width * frame.height * 3)
  const { palette, background, left, frameWidth } = frame
  for (let i = 0; i < out.length; i++) out[i] = palette[background * 3 + (i % 3)]!
  for (let row = 0; row < frame.frameHeight; row++) {
    const y = frame.top + (frame.isInterlaced ? interlacedRow(row, frame.frameHeight) : row)
    let to = (y * frame.width + left) * 3
    for (let from = row * frameWidth; from < (row + 1) * frameWidth; from++) {
      const colour = indices[from]! * 3
      out[to++] = palette[colour]!
      out[to++] = palette[colour + 1]!
      out[to++] = palette[colour + 2]!
    }
  }
  return out
}

function readFrame(bytes: Uint8Array, name: string): GifFrame {
  const { at, background } = findFrame(bytes, name)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const [left, top, frameWidth, frameHeight] = [1, 3, 5, 7].map((field) => view.getUint16(at + field, true)) as [
    number,
    number,
    number,
    number,
  ]
  const width = Math.max(view.getUint16(6, true), left + frameWidth)
  const height = Math.max(view.getUint16(8, true), top + frameHeight)
  if (width === 0 || height === 0) throw imageBroken(name, `is a GIF image of ${width}×${height} pixels`)
  const flags = bytes[at + 9]!
  const dataAt = at + 10 + paletteBytes(flags)
  if (dataAt >= bytes.length) throw imageBroken(name, 'is a GIF image that ends before its first frame')
  const own = bytes.subarray(at + 10, dataAt)
  const palette = filledPalette(own.length > 0 ? own : bytes.subarray(13, 13 + paletteBytes(bytes[10]!)))
  const isInterlaced = (flags & 0x40) !== 0
  return { width, height, left, top, frameWidth, frameHeight, isInterlaced, palette, background, dataAt }
}

/** Where the first frame's 10 bytes of description begin, and the transparent colour that was announced before. */
function findFrame(bytes: Uint8Array, name: string): { readonly at: number; readonly background: number } {
  let at = 13 + paletteBytes(bytes[10] ?? 0)
  let background = 0
  while (at + 10 <= bytes.length) {
    if (bytes[at] === IMAGE) return { at, background }
    if (bytes[at] !== EXTENSION) throw imageBroken(name, 'is a GIF image without a frame, or a damaged one')
    const hasColour = bytes[at + 1] === GRAPHIC_CONTROL && bytes[at + 2]! >= 4 && (bytes[at + 3]! & 1) === 1
    if (bytes[at + 1] === GRAPHIC_CONTROL) background = hasColour ? bytes[at + 6]! : 0
    at += 2
    while (at < bytes.length && bytes[at] !== 0) at += bytes[at]! + 1
    at++
  }
  throw imageBroken(name, 'is a GIF image that ends before its first frame')
}

function paletteBytes(flags: number): number {
  return (flags & 0x80) === 0 ? 0 : 3 << ((flags & 7) + 1)
}

/** 256 colours; greys where the file has no palette at all. */
function filledPalette(entries: Uint8Array): Uint8Array {
  const palette = new Uint8Array(256 * 3)
  if (entries.length === 0) return palette.map((_, i) => Math.floor(i / 3))
  palette.set(entries)
  return palette
}

/** Rows come in four passes: every 8th from 0, every 8th from 4, every 4th from 2, every 2nd from 1. */
function interlacedRow(row: number, height: number): number {
  let before = 0
  for (const [start, step] of [
    [0, 8],
    [4, 8],
    [2, 4],
  ] as const) {
    const inPass = Math.max(0, Math.ceil((height - start) / step))
    if (row < before + inPass) return start + (row - before) * step
    before += inPass
  }
  return 1 + (row - before) * 2
}

/** The data of length-prefixed blocks, put together; a missing end is found later, as missing pixels. */
function joinSubBlocks(bytes: Uint8Array, start: number): Uint8Array {
  let total = 0
  for (let at = start; at < bytes.length && bytes[at] !== 0; at += bytes[at]! + 1) total += bytes[at]!
  const joined = new Uint8Array(total)
  let to = 0
  for (let at = start; at < bytes.length && bytes[at] !== 0; at += bytes[at]! + 1) {
    const block = bytes.subarray(at + 1, at + 1 + bytes[at]!)
    joined.set(block, to)
    to += block.length
  }
  return joined.subarray(0, to)
}
