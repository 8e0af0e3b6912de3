import { createHash } from 'node:crypto'
import sharp, { type Sharp } from 'sharp'
import { AppError } from '#common/contract/errors.ts'
import type { PixelSize } from '#common/image/geometry.ts'
import type { RgbImage } from '#common/image/rgb-image.ts'
import { bmpSize, decodeBmp } from './bmp.ts'
import { describeBytes, imageKind, type ImageKind } from './file-kind.ts'
import { decodeGif, gifSize } from './gif.ts'
import { imageBroken, MAX_PIXELS, requirePixels } from './image-error.ts'
import { readBytes } from './read-bytes.ts'

/** A decoded photo, upright, with the sha256 (hex) of its file. */
export interface DecodedImage extends RgbImage {
  readonly sha256: string
}

/** What is known of an image without decoding its pixels. Width and height are those after orientation. */
export interface ImageProbe extends PixelSize {
  readonly sizeBytes: number
  readonly sha256: string
}

/** Largest file that is read as an image: enough for MAX_PIXELS in 24 bits, uncompressed. */
export const MAX_FILE_BYTES = 2 ** 30

const kindNames: Readonly<Record<ImageKind, string>> = {
  jpeg: 'JPEG',
  png: 'PNG',
  webp: 'WebP',
  tiff: 'TIFF',
  bmp: 'BMP',
  gif: 'GIF',
}

/**
 * Decodes a photo (JPEG, PNG, WebP, TIFF's first page, BMP, GIF's first frame; told by its bytes, not by its name) as
 * Pillow's `exif_transpose` and `convert('RGB')` do, byte for byte: orientation applied once, alpha dropped without
 * blending, colour profiles and gamma ignored, CMYK by r = (1 − c)(1 − k). Other than Pillow, 16-bit greys keep their
 * upper byte (Pillow clips them at 255, so that nearly all become white).
 * @param source a path, or the file's bytes
 * @param options maxPixels: most pixels that are decoded; name: what errors call the file when `source` is bytes
 * @throws AppError 'file.missing'; 'file.unreadable'; 'image.broken' (no image, damaged, cut off);
 *   'image.too-large' (claims more than `maxPixels`, or a file above 1 GiB); each names the file
 */
export async function decodeImage(
  source: string | Uint8Array,
  { maxPixels = MAX_PIXELS, name = 'The image' }: { readonly maxPixels?: number; readonly name?: string } = {},
): Promise<DecodedImage> {
  const file = await readImageFile(source, name)
  const header = await readHeader(file)
  requirePixels(file.name, header, maxPixels)
  const image = await decodeKind(file, header)
  return { ...image, sha256: sha256(file.bytes) }
}

/**
 * Decodes a photo to at most `side` pixels at its longest, as `decodeImage` does but with whatever its format offers to be
 * quick: for looking at, not for computing. Smaller photos keep their size.
 * @throws AppError as `decodeImage`
 */
export async function decodeSmall(
  bytes: Uint8Array,
  { name, side }: { name: string; side: number },
): Promise<RgbImage> {
  const file = await readImageFile(bytes, name)
  const header = await readHeader(file)
  requirePixels(name, header, MAX_PIXELS)
  const isQuick = !header.isCmyk && file.kind !== 'bmp' && file.kind !== 'gif'
  const fit = { width: side, height: side, fit: 'inside', withoutEnlargement: true } as const
  try {
    if (isQuick) {
      return await toRgb(
        sharp(bytes, { autoOrient: true, failOn: 'error', limitInputPixels: false, ignoreIcc: true }).resize(fit),
      )
    }
    const { width, height, data } = await decodeKind(file, header)
    return await toRgb(sharp(data, { raw: { width, height, channels: 3 } }).resize(fit))
  } catch (cause) {
    throw cause instanceof AppError ? cause : damaged(name, file.kind, cause)
  }
}

/**
 * Size and hash of an image file, from one reading of it. Pixels are not decoded: a file whose header is right passes.
 * @throws AppError as `decodeImage`; 'image.too-large' only for a file above 1 GiB
 */
export async function probeImage(path: string): Promise<ImageProbe> {
  const file = await readImageFile(path, path)
  const { width, height } = await readHeader(file)
  return { width, height, sizeBytes: file.bytes.length, sha256: sha256(file.bytes) }
}

interface ImageFile {
  readonly name: string
  readonly bytes: Uint8Array
  readonly kind: ImageKind
}

async function readImageFile(source: string | Uint8Array, nameOfBytes: string): Promise<ImageFile> {
  const isPath = typeof source === 'string'
  const name = isPath ? source : nameOfBytes
  const bytes = isPath ? await readBytes(source, { maxBytes: MAX_FILE_BYTES, code: 'image.too-large' }) : source
  const kind = imageKind(bytes)
  if (kind !== null) return { name, bytes, kind }
  throw imageBroken(name, `is not an image that is read here: it looks like ${describeBytes(bytes)}`, {
    hint: 'Images are JPEG, PNG, WebP, TIFF, BMP or GIF files.',
  })
}

/** What the file claims: its size after orientation, and whether it is for print. */
interface Header extends PixelSize {
  readonly isCmyk: boolean
}

async function readHeader({ name, bytes, kind }: ImageFile): Promise<Header> {
  if (kind === 'bmp') return { ...bmpSize(bytes, name), isCmyk: false }
  if (kind === 'gif') return { ...gifSize(bytes, name), isCmyk: false }
  try {
    const { autoOrient, space } = await sharp(bytes, { failOn: 'error', limitInputPixels: false }).metadata()
    return { width: autoOrient.width, height: autoOrient.height, isCmyk: space === 'cmyk' }
  } catch (cause) {
    throw damaged(name, kind, cause)
  }
}

async function decodeKind({ name, bytes, kind }: ImageFile, { width, height, isCmyk }: Header): Promise<RgbImage> {
  if (kind === 'bmp') return { width, height, data: decodeBmp(bytes, name) }
  if (kind === 'gif') return { width, height, data: decodeGif(bytes, name) }
  try {
    // 'error' lets the harmless warnings of camera files pass, but no missing or undecodable pixels
    const image = sharp(bytes, { autoOrient: true, failOn: 'error', limitInputPixels: false, ignoreIcc: true })
    return isCmyk ? await cmykToRgb(image) : await toRgb(image)
  } catch (cause) {
    throw damaged(name, kind, cause)
  }
}

async function toRgb(image: Sharp): Promise<RgbImage> {
  const { data, info } = await image.removeAlpha().toColourspace('srgb').raw().toBuffer({ resolveWithObject: true })
  if (info.channels !== 3) throw new Error(`${info.channels} channels`)
  return { width: info.width, height: info.height, data: new Uint8Array(data.buffer, data.byteOffset, data.length) }
}

/** Without a profile, as Pillow does it; libvips would take a profile of its own. */
async function cmykToRgb(image: Sharp): Promise<RgbImage> {
  const { data, info } = await image
    .removeAlpha()
    .pipelineColourspace('cmyk')
    .toColourspace('cmyk')
    .raw()
    .toBuffer({ resolveWithObject: true })
  if (info.channels !== 4) throw new Error(`${info.channels} channels`)
  const out = new Uint8Array(info.width * info.height * 3)
  for (let from = 0, to = 0; from < data.length; from += 4) {
    const light = 255 - data[from + 3]!
    for (let c = 0; c < 3; c++) {
      const product = data[from + c]! * light + 128
      out[to++] = light - ((product + (product >> 8)) >> 8)
    }
  }
  return { width: info.width, height: info.height, data: out }
}

function damaged(name: string, kind: ImageKind, cause: unknown): Error {
  const reason = (cause as Error).message.split('\n').map((line) => line.replace(/^\s*\S*(vips|Vips)\S*: /, ''))
  return imageBroken(name, `is a damaged ${kindNames[kind]} image: ${reason.join(' ').trim()}`, { cause })
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
