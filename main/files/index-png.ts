import { crc32 } from 'node:zlib'
import sharp from 'sharp'
import { imageKind } from './file-kind.ts'
import { imageBroken } from './image-error.ts'
import { readPng } from './png.ts'

/** A PNG whose pixels stand for things: each has a number that says which. */
export interface IndexedPixels {
  readonly width: number
  readonly height: number
  /** What the numbers are: places in the palette, greys (0…255, or 0…65535), or colours (see `colourNumber`). */
  readonly kind: 'palette' | 'grey' | 'colour'
  /** Row-major. */
  readonly values: Uint32Array
  /** The colours of a palette by its places; null without one. */
  readonly palette: readonly number[] | null
  /** 0 where a pixel is fully transparent, else more; null where the image has no transparency. */
  readonly alphas: Uint8Array | null
}

/** What the head of a PNG says. */
interface PngHead {
  readonly width: number
  readonly height: number
  readonly bitDepth: number
  readonly colourType: number
}

const signatureLength = 8
const headEnd = 33
const colourTypeAt = 25
const paletteType = 3

/** Programs write parts of some kilobytes; keeps a hostile file of empty ones from filling the memory. */
const maxChunks = 1_000_000

/** R, G, B (0…255) as one number, from 0 to 2²⁴ − 1. */
export function colourNumber(r: number, g: number, b: number): number {
  return (r << 16) | (g << 8) | b
}

/** Width and height that a PNG says it has, without decoding it; null where it is none. */
export function pngSize(bytes: Uint8Array): readonly [width: number, height: number] | null {
  if (!isPng(bytes)) return null
  const { width, height } = headOf(bytes)
  return [width, height]
}

/**
 * Reads the numbers of a PNG's pixels: of one with a palette the places, not the colours. Colours of 16 bits are taken
 * by their upper 8.
 * @param name what errors call the file
 * @throws AppError 'image.broken', 'image.too-large'
 */
export async function readIndexPng(bytes: Uint8Array, name: string): Promise<IndexedPixels> {
  if (!isPng(bytes)) throw imageBroken(name, 'is no PNG image')
  const { colourType, bitDepth } = headOf(bytes)
  return colourType === paletteType ? readPalette(bytes, bitDepth, name) : readValues(bytes, colourType, name)
}

function isPng(bytes: Uint8Array): boolean {
  return imageKind(bytes) === 'png' && bytes.length > headEnd
}

function headOf(bytes: Uint8Array): PngHead {
  const view = viewOf(bytes)
  return {
    width: view.getUint32(16),
    height: view.getUint32(20),
    bitDepth: bytes[24]!,
    colourType: bytes[colourTypeAt]!,
  }
}

/** Decoders give the colours of a palette; told that the image is grey, they give its places. */
async function readPalette(bytes: Uint8Array, bitDepth: number, name: string): Promise<IndexedPixels> {
  const chunks = chunksOf(bytes)
  const head = Uint8Array.from(bytes.subarray(signatureLength + 8, headEnd - 4))
  head[colourTypeAt - signatureLength - 8] = 0
  const kept = chunks.filter(({ type }) => type === 'IDAT' || type === 'IEND').map(({ all }) => all)
  const grey = Buffer.concat([bytes.subarray(0, signatureLength), chunk('IHDR', head), ...kept])
  const { width, height, channels, values: greys } = await readPng(grey, name)
  // fewer than 8 bits are stretched to 0…255
  const step = bitDepth < 8 ? 255 / (2 ** bitDepth - 1) : 1
  const values = everyFrom(greys, { from: 0, step: channels, n: width * height })
  if (step > 1) for (let i = 0; i < values.length; i++) values[i] = values[i]! / step
  const rgb = chunks.find(({ type }) => type === 'PLTE')?.data ?? new Uint8Array()
  const palette = Array.from({ length: Math.min(Math.floor(rgb.length / 3), 256) }, (_, i) =>
    colourNumber(rgb[i * 3]!, rgb[i * 3 + 1]!, rgb[i * 3 + 2]!),
  )
  const transparent = chunks.find(({ type }) => type === 'tRNS')?.data
  const alphas = transparent === undefined ? null : Uint8Array.from(values, (value) => transparent[value] ?? 255)
  return { width, height, kind: 'palette', values, palette, alphas }
}

async function readValues(bytes: Uint8Array, colourType: number, name: string): Promise<IndexedPixels> {
  const { width, height, channels, values: read } = await readPng(bytes, name)
  const isGrey = colourType === 0 || colourType === 4
  const n = width * height
  const values = isGrey ? everyFrom(read, { from: 0, step: channels, n }) : coloursOf(read, channels)
  // what is not fully transparent is there
  const alphas = channels === 4 ? Uint8Array.from(everyFrom(read, { from: 3, step: channels, n }), Math.sign) : null
  return { width, height, kind: isGrey ? 'grey' : 'colour', values, palette: null, alphas }
}

/** One of the numbers of each pixel. */
function everyFrom(
  read: Uint8Array | Uint16Array,
  { from, step, n }: { readonly from: number; readonly step: number; readonly n: number },
): Uint32Array {
  const values = new Uint32Array(n)
  for (let i = 0, at = from; i < n; i++, at += step) values[i] = read[at]!
  return values
}

function coloursOf(read: Uint8Array | Uint16Array, channels: number): Uint32Array {
  const shift = read instanceof Uint16Array ? 8 : 0
  const values = new Uint32Array(read.length / channels)
  for (let i = 0, at = 0; i < values.length; i++, at += channels) {
    values[i] = colourNumber(read[at]! >> shift, read[at + 1]! >> shift, read[at + 2]! >> shift)
  }
  return values
}

/**
 * An image with a palette as the bytes of a PNG file, 8 bits a pixel.
 * @param data places in the palette, row-major
 * @param palette colours as `colourNumber` makes them, at most 256
 */
export async function formatPalettePng(
  { width, height, data }: { readonly width: number; readonly height: number; readonly data: Uint8Array },
  palette: readonly number[],
): Promise<Uint8Array> {
  const grey = await sharp(data, { raw: { width, height, channels: 1 }, limitInputPixels: false })
    .toColourspace('b-w')
    .png()
    .toBuffer()
  const head = Uint8Array.from(grey.subarray(signatureLength + 8, headEnd - 4))
  head[colourTypeAt - signatureLength - 8] = paletteType
  const colours = Uint8Array.from(palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]))
  const rest = chunksOf(grey).filter(({ type }) => type === 'IDAT' || type === 'IEND')
  const parts = [grey.subarray(0, signatureLength), chunk('IHDR', head), chunk('PLTE', colours)]
  return Buffer.concat([...parts, ...rest.map(({ all }) => all)])
}

interface Chunk {
  readonly type: string
  readonly data: Uint8Array
  /** With length, type and checksum. */
  readonly all: Uint8Array
}

/** The parts of a PNG after its head, as far as they are whole; a decoder finds what is missing. */
function chunksOf(bytes: Uint8Array): Chunk[] {
  const view = viewOf(bytes)
  const chunks: Chunk[] = []
  for (let at = headEnd; at + 12 <= bytes.length && chunks.length < maxChunks;) {
    const end = at + 12 + view.getUint32(at)
    const type = Buffer.from(bytes.subarray(at + 4, at + 8)).toString('latin1')
    chunks.push({ type, data: bytes.subarray(at + 8, Math.min(end - 4, bytes.length)), all: bytes.subarray(at, end) })
    at = end
  }
  return chunks
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(data.length + 12)
  bytes.writeUInt32BE(data.length)
  bytes.write(type, 4, 'latin1')
  bytes.set(data, 8)
  bytes.writeUInt32BE(crc32(bytes.subarray(4, data.length + 8)), data.length + 8)
  return bytes
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
