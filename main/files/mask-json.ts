import { AppError } from '#common/contract/errors.ts'
import type { PixelSize } from '#common/image/geometry.ts'
import type { Bitmap } from '#common/mask/bitmap.ts'
import { unionRle } from '#common/mask/combine.ts'
import { outlineRings } from '#common/mask/outline.ts'
import { rasterisePolygons } from '#common/mask/polygon.ts'
import { compressCounts, decompressCounts } from '#common/mask/rle-string.ts'
import { decodeRle, encodeRle, type Rle } from '#common/mask/rle.ts'
import { MAX_PIXELS, requirePixels } from './image-error.ts'

type JsonObject = Readonly<Record<string, unknown>>

/**
 * Reads a mask from JSON text, in any of these forms:
 * - `{size: [height, width], counts}`: COCO's run-length code, compressed (text) or not (numbers);
 * - `{size: [height, width], polygons: [[x, y, …], …]}`: united rings in pixels, drawn as COCO draws them;
 * - a COCO annotation: one of the two as `segmentation`, where polygons are a bare list of rings and the image's size
 *   is `size`, or `height` and `width`, of the annotation.
 * @param name what errors call the file
 * @throws AppError 'json.format'; 'mask.size' (no size, or none that can be); 'image.too-large'; 'rle.counts';
 *   'polygon.format'
 */
export function parseMaskJson(text: string, name: string): Bitmap {
  return decodeRle(readMaskRle(parseObject(text, name), name))
}

/** A mask as JSON: its run-length code, compressed, as pycocotools reads it. */
export function formatRleJson(bitmap: Bitmap): string {
  const { width, height, counts } = encodeRle(bitmap)
  return `${JSON.stringify({ size: [height, width], counts: compressCounts(counts) })}\n`
}

/**
 * A mask as JSON: its outline along pixel edges.
 * @returns text, and how many pixels differ when it is read back (COCO's drawing rounds; 0 as far as is known)
 */
export function formatPolygonJson(bitmap: Bitmap): { readonly text: string; readonly differs: number } {
  const { width, height } = bitmap
  const polygons = outlineRings(bitmap)
  const back = decodeRle(rasterise(polygons, { width, height }))
  let differs = 0
  for (let i = 0; i < back.data.length; i++) if ((back.data[i] === 0) !== (bitmap.data[i] === 0)) differs++
  return { text: `${JSON.stringify({ size: [height, width], polygons })}\n`, differs }
}

function readMaskRle(json: JsonObject, name: string): Rle {
  const inner = json['segmentation']
  if (isObject(inner)) return readMaskRle({ size: sizeField(json), ...inner, segmentation: undefined }, name)
  if (json['counts'] !== undefined) return readCounts(json['counts'], readSize(json, name), name)
  const polygons = json['polygons'] ?? inner
  if (polygons === undefined) {
    throw new AppError('json.format', `${name} holds no mask: neither counts nor polygons nor a segmentation.`, {
      hint: 'A mask is {"size": [height, width], "counts": …} or {"size": [height, width], "polygons": [[x, y, …], …]}.',
    })
  }
  return rasterise(readRings(polygons, name), readSize(json, name))
}

function parseObject(text: string, name: string): JsonObject {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new AppError('json.format', `${name} is not JSON: ${(cause as Error).message}`, { cause })
  }
  if (isObject(json)) return json
  throw new AppError('json.format', `${name} holds ${Array.isArray(json) ? 'a list' : 'a bare value'}, not one mask.`)
}

function sizeField(json: JsonObject): unknown {
  return json['size'] ?? (json['height'] === undefined ? undefined : [json['height'], json['width']])
}

function readSize(json: JsonObject, name: string): PixelSize {
  const size = sizeField(json)
  if (!Array.isArray(size) || size.length !== 2 || !size.every((side) => Number.isSafeInteger(side) && side >= 1)) {
    throw new AppError('mask.size', `${name} does not say the size of its image in whole pixels.`, {
      hint: 'Add "size": [height, width].',
    })
  }
  const [height, width] = size as [number, number]
  requirePixels(name, { width, height }, MAX_PIXELS)
  return { width, height }
}

function readCounts(counts: unknown, { width, height }: PixelSize, name: string): Rle {
  if (typeof counts === 'string') return { width, height, counts: decompressCounts(counts, width * height) }
  const isCount = (count: unknown): boolean =>
    Number.isInteger(count) && (count as number) >= 0 && (count as number) < 2 ** 32
  if (Array.isArray(counts) && counts.every(isCount))
    return { width, height, counts: Uint32Array.from(counts as number[]) }
  throw new AppError('rle.counts', `The counts of ${name} are neither text nor whole numbers of at least 0.`)
}

function readRings(polygons: unknown, name: string): number[][] {
  const isRing = (ring: unknown): boolean => Array.isArray(ring) && ring.every((value) => typeof value === 'number')
  if (Array.isArray(polygons) && polygons.every(isRing)) return polygons as number[][]
  throw new AppError('polygon.format', `The polygons of ${name} are not lists of numbers.`, {
    hint: 'Each ring is a list x, y, x, y, … in pixels.',
  })
}

/** In halves, since uniting one by one costs the runs of all rings before for each ring. */
function rasterise(rings: readonly number[][], size: PixelSize): Rle {
  if (rings.length <= 16) return rasterisePolygons(rings, size.width, size.height)
  const half = rings.length >> 1
  return unionRle([rasterise(rings.slice(0, half), size), rasterise(rings.slice(half), size)], size)
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
