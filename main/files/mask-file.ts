import { extname } from 'node:path'
import { AppError } from '#common/contract/errors.ts'
import type { Bitmap } from '#common/mask/bitmap.ts'
import { describeBytes, imageKind } from './file-kind.ts'
import { MAX_PIXELS, requirePixels } from './image-error.ts'
import { formatPolygonJson, formatRleJson, parseMaskJson } from './mask-json.ts'
import { readMaskPng } from './mask-png.ts'
import { formatNpy, parseNpy, type NpyArray } from './npy.ts'
import { formatMaskPng } from './png.ts'
import { readBytes } from './read-bytes.ts'
import { writeAside } from './write-aside.ts'

const MAX_BYTES = 2 ** 29
const formats = 'Masks are PNG, .npy, run-length JSON or polygon JSON files.'

/**
 * Reads a mask, told by its bytes, not by its name.
 * - PNG: object where not black and not fully transparent, see `readMaskPng`;
 * - `.npy` of two axes [height, width]: object where > 0;
 * - JSON: run-length code, polygons or a COCO annotation, see `parseMaskJson`.
 * @throws AppError 'file.missing', 'file.unreadable'; 'file.format' (none of these); 'image.broken', 'image.too-large',
 *   'npy.format', 'shape.mismatch', 'json.format', 'mask.size', 'rle.counts', 'polygon.format'
 */
export async function readMask(path: string): Promise<Bitmap> {
  const bytes = await readBytes(path, { maxBytes: MAX_BYTES, code: 'image.too-large' })
  if (imageKind(bytes) === 'png') return readMaskPng(bytes, path)
  const kind = describeBytes(bytes)
  if (kind === 'a NumPy array') return maskFromArray(parseNpy(bytes, path), path)
  if (kind === 'JSON') return parseMaskJson(new TextDecoder().decode(bytes), path)
  const image = imageKind(bytes)
  throw new AppError(
    'file.format',
    `${path} is no mask: it looks like ${image === null ? kind : `a ${image} image`}.`,
    {
      hint: image === 'jpeg' ? `JPEG blurs the edges of a mask. ${formats}` : formats,
      data: { path },
    },
  )
}

/**
 * Writes a mask in the format that the name's ending says: `.png` (0 and 255), `.npy` (float32, 0 and 1) or `.json`
 * (run-length code, or its outline if `polygon`). At any moment there is the old file or the whole new one.
 * @returns how many pixels differ when the file is read back: 0 but for what a polygon cannot say
 * @throws AppError 'request.usage' for another ending; 'file.unwritable'
 */
export async function writeMask(
  path: string,
  bitmap: Bitmap,
  { polygon = false }: { readonly polygon?: boolean } = {},
): Promise<{ readonly differs: number }> {
  const { content, differs = 0 } = await formatMask(extname(path).toLowerCase(), bitmap, polygon)
  await writeAside(path, content)
  return { differs }
}

async function formatMask(
  ending: string,
  bitmap: Bitmap,
  polygon: boolean,
): Promise<{ readonly content: Uint8Array | string; readonly differs?: number }> {
  if (polygon && ending !== '.json') {
    throw new AppError('request.usage', `A polygon is written to a .json file, not to “${ending}”.`)
  }
  switch (ending) {
    case '.png':
      return { content: await formatMaskPng(bitmap) }
    case '.npy':
      return {
        content: formatNpy(
          Float32Array.from(bitmap.data, (value) => (value === 0 ? 0 : 1)),
          [bitmap.height, bitmap.width],
        ),
      }
    case '.json': {
      if (!polygon) return { content: formatRleJson(bitmap) }
      const { text, differs } = formatPolygonJson(bitmap)
      return { content: text, differs }
    }
    default:
      throw new AppError('request.usage', `“${ending}” is no ending of a mask.`, { hint: 'Use .png, .npy or .json.' })
  }
}

function maskFromArray({ data, shape }: NpyArray, path: string): Bitmap {
  const [height, width] = shape
  if (height === undefined || width === undefined || shape.length !== 2) {
    throw new AppError('shape.mismatch', `${path} has the shape (${shape.join(', ')}); a mask has two axes.`, {
      hint: 'Save one mask of shape (height, width).',
      data: { path, shape },
    })
  }
  requirePixels(path, { width, height }, MAX_PIXELS)
  return { width, height, data: Uint8Array.from(data, (value) => (value > 0 ? 1 : 0)) }
}
