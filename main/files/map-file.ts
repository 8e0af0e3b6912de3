import { AppError } from '#common/contract/errors.ts'
import type { DenseMap } from '#common/explanation/map.ts'
import type { RgbImage } from '#common/image/rgb-image.ts'
import { describeBytes, imageKind } from './file-kind.ts'
import { formatNpy, parseNpy, type NpyArray } from './npy.ts'
import { formatPng, readPng, type PngPixels } from './png.ts'
import { readBytes } from './read-bytes.ts'
import { writeAside } from './write-aside.ts'

const MAX_BYTES = 2 ** 29

/**
 * Reads an explanation map, told by its bytes: a `.npy` of two axes [height, width], values as they are, any scale and
 * sign; or a grey PNG, 0…1 (8 or 16 bits, alpha ignored).
 * @throws AppError 'file.missing', 'file.unreadable'; 'map.format' (neither, not two axes, no cell, a coloured PNG,
 *   above 512 MiB); 'npy.format'; 'image.broken', 'image.too-large'; 'map.not-finite'
 */
export async function readMap(path: string): Promise<DenseMap> {
  const bytes = await readBytes(path, { maxBytes: MAX_BYTES, code: 'map.format' })
  const kind = describeBytes(bytes)
  if (kind === 'a NumPy array') return mapFromArray(parseNpy(bytes, path), path)
  if (imageKind(bytes) === 'png') return mapFromGreys(await readPng(bytes, path), path)
  throw new AppError('map.format', `${path} is no map: it looks like ${imageKind(bytes) ?? kind}.`, {
    hint: 'Maps are .npy files, numpy.save("map.npy", map), or grey PNG files.',
    data: { path },
  })
}

/**
 * Writes a map as `.npy` (float32, C order, [height, width]); the old file or the whole new one is there at any moment.
 * @throws AppError 'file.unwritable'
 */
export async function writeMap(path: string, { width, height, data }: DenseMap): Promise<void> {
  await writeAside(path, formatNpy(Float32Array.from(data), [height, width]))
}

/**
 * Writes an image, such as a map's overlay, as PNG (8-bit RGB), whatever the name's ending; the old file or the whole
 * new one is there at any moment.
 * @throws AppError 'file.unwritable'
 */
export async function writePng(path: string, image: RgbImage): Promise<void> {
  await writeAside(path, await formatPng(image))
}

function mapFromArray({ data, shape }: NpyArray, path: string): DenseMap {
  const [height, width] = shape
  if (height === undefined || width === undefined || shape.length !== 2 || data.length === 0) {
    throw new AppError('map.format', `${path} has the shape (${shape.join(', ')}); a map has two axes.`, {
      hint: 'Save one map of shape (height, width).',
      data: { path, shape },
    })
  }
  for (let i = 0; i < data.length; i++) {
    if (Number.isFinite(data[i])) continue
    const [x, y] = [i % width, Math.floor(i / width)]
    throw new AppError('map.not-finite', `${path} holds ${data[i]!} in row ${y}, column ${x}.`, {
      data: { path, x, y },
    })
  }
  const isFloat = data instanceof Float32Array || data instanceof Float64Array
  return { width, height, data: isFloat ? data : Float64Array.from(data) }
}

function mapFromGreys({ width, height, channels, values }: PngPixels, path: string): DenseMap {
  const white = values instanceof Uint16Array ? 65_535 : 255
  const data = new Float64Array(width * height)
  for (let i = 0, from = 0; i < data.length; i++, from += channels) {
    if (values[from] !== values[from + 1] || values[from] !== values[from + 2]) {
      throw new AppError('map.format', `${path} is coloured: its colours say nothing about values.`, {
        hint: 'Save the map itself as .npy, or as a grey PNG.',
        data: { path },
      })
    }
    data[i] = values[from]! / white
  }
  return { width, height, data }
}
