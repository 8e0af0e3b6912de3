import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import sharp from 'sharp'
import { emptyBitmap, type Bitmap } from '#common/mask/bitmap.ts'
import { decompressCounts } from '#common/mask/rle-string.ts'
import type { Rle } from '#common/mask/rle.ts'

/** Masks of every size up to 40 × 40: noise of any density, which has the most runs, and blocks, which have long ones. */
export const anyMask: fc.Arbitrary<Bitmap> = masksOfSize(
  fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 })),
)

/** Two masks of the same size. */
export const twoMasks: fc.Arbitrary<[Bitmap, Bitmap]> = fc
  .tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }))
  .chain((size) => fc.tuple(masksOfSize(fc.constant(size)), masksOfSize(fc.constant(size))))

function masksOfSize(size: fc.Arbitrary<[number, number]>): fc.Arbitrary<Bitmap> {
  return fc
    .tuple(size, fc.constantFrom(0, 0.02, 0.1, 0.5, 0.9, 0.98, 1), fc.integer({ min: 1, max: 9 }), fc.integer())
    .map(([[width, height], density, grain, seed]) => randomMask(width, height, density, grain, seed))
}

/** Blocks of `grain` × `grain` pixels that are object with probability `density`. */
export function randomMask(width: number, height: number, density: number, grain: number, seed: number): Bitmap {
  const bitmap = emptyBitmap(width, height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const block = hash(seed ^ hash(Math.floor(x / grain) ^ hash(Math.floor(y / grain))))
      bitmap.data[y * width + x] = block / 2 ** 32 < density ? 1 : 0
    }
  }
  return bitmap
}

/** Mixes the bits of a 32-bit number (the finaliser of MurmurHash3). */
function hash(value: number): number {
  let bits = value | 0
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return (bits ^ (bits >>> 16)) >>> 0
}

/** An animal-like outline of about a third of the image: a body, a head and a wavy border, with one hole. */
export function blobMask(width: number, height: number, shift = 0): Bitmap {
  const bitmap = emptyBitmap(width, height)
  const unit = Math.min(width, height)
  const [centreX, centreY] = [width * (0.48 + shift), height * 0.55]
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [dx, dy] = [(x - centreX) / unit, (y - centreY) / unit]
      const wave = 1 + 0.08 * Math.sin(9 * Math.atan2(dy, dx)) + 0.02 * Math.sin(61 * Math.atan2(dy, dx))
      const isBody = (dx / 0.48) ** 2 + (dy / 0.3) ** 2 < wave
      const isHead = (dx + 0.42) ** 2 + (dy + 0.22) ** 2 < 0.03 * wave
      const isHole = (dx - 0.1) ** 2 + (dy - 0.02) ** 2 < 0.002
      if ((isBody || isHead) && !isHole) bitmap.data[y * width + x] = 1
    }
  }
  return bitmap
}

/** A mask written by a picture: '#' is object, anything else background; one line a row. */
export function drawnMask(...rows: string[]): Bitmap {
  const data = rows.flatMap((row) => Array.from(row, (mark) => (mark === '#' ? 1 : 0)))
  return { width: rows[0]?.length ?? 0, height: rows.length, data: Uint8Array.from(data) }
}

/** A golden PNG: every grey value above 0 is object. */
export async function pngMask(path: string): Promise<Bitmap> {
  const { data, info } = await sharp(path).extractChannel(0).raw().toBuffer({ resolveWithObject: true })
  return { width: info.width, height: info.height, data: Uint8Array.from(data, (grey) => (grey > 0 ? 1 : 0)) }
}

/** A code as COCO files have it. */
export interface CocoRle {
  readonly size: readonly [height: number, width: number]
  readonly counts: string
}

export function rleFromCoco({ size: [height, width], counts }: CocoRle): Rle {
  return { width, height, counts: decompressCounts(counts, width * height) }
}

/** A small fixture of test/fixtures/mask, made by make_mask_fixtures.py. */
export function maskFixture(name: string): unknown {
  return JSON.parse(readFileSync(join(import.meta.dirname, '../../fixtures/mask', name), 'utf8'))
}
