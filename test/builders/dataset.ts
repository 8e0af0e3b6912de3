import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import sharp from 'sharp'
import type { Bitmap } from '#common/mask/bitmap.ts'
import { encodeRle, rleArea, rleBbox } from '#common/mask/rle.ts'
import { compressCounts } from '#common/mask/rle-string.ts'
import { classColour } from './small-model.ts'

/** A photo on the disk, with what is known of it. */
export interface Photo {
  /** below the folder, e.g. `cats/0.png` */
  readonly file: string
  readonly path: string
  readonly label: string
  readonly width: number
  readonly height: number
  /** exactly the pixels of the object */
  readonly mask: Bitmap
  /** the object's outline along pixel edges, where it is a rectangle */
  readonly outline: readonly number[] | null
}

export interface PhotoOptions {
  /** one folder each, named in the plural; default cat, dog, bird */
  readonly classes?: readonly string[]
  /** default 2 */
  readonly perClass?: number
  /** default 48×40 */
  readonly width?: number
  readonly height?: number
  readonly format?: 'png' | 'jpeg'
  /** a folder around the classes' folders: `train`, `test`; default none */
  readonly split?: string
  /** which class's colours a photo has; default: its own, which a small model then finds */
  readonly colourOf?: (classIndex: number, number: number) => number
}

/**
 * Makes photos class by class, the same on every run: in the class's colour (see `classColour`) a bright disc or
 * rectangle, by turns, on a darker background with a pattern.
 */
export async function makePhotos(folder: string, options: PhotoOptions = {}): Promise<Photo[]> {
  const { classes = ['cat', 'dog', 'bird'], perClass = 2, width = 48, height = 40 } = options
  const { format = 'png', split, colourOf = (classIndex: number) => classIndex } = options
  const photos: Photo[] = []
  for (const [classIndex, label] of classes.entries()) {
    for (let number = 0; number < perClass; number++) {
      const file = [...(split === undefined ? [] : [split]), `${label}s`, `${number}.${format}`].join('/')
      const shape = shapeOf(photos.length, width, height)
      const photo = { file, path: join(folder, file), label, width, height, ...shape }
      await paintPhoto(photo, classColour(colourOf(classIndex, number), classes.length))
      photos.push(photo)
    }
  }
  return photos
}

/** Paints a photo, also over one that is there. */
export async function paintPhoto(
  { path, width, height, mask }: Pick<Photo, 'path' | 'width' | 'height' | 'mask'>,
  colour: readonly number[],
): Promise<void> {
  const rgb = Buffer.alloc(width * height * 3)
  for (let i = 0; i < width * height; i++) {
    const [x, y] = [i % width, Math.floor(i / width)]
    const light = mask.data[i] === 1 ? 1 : 0.8 + 0.08 * ((Math.floor(x / 5) + Math.floor(y / 7)) % 2)
    for (let c = 0; c < 3; c++) rgb[i * 3 + c] = Math.round(colour[c]! * light)
  }
  await mkdir(dirname(path), { recursive: true })
  const image = sharp(rgb, { raw: { width, height, channels: 3 } })
  await writeFile(path, await (path.endsWith('.png') ? image.png() : image.jpeg({ quality: 95 })).toBuffer())
}

/** An object at a place that depends on the number. */
function shapeOf(number: number, width: number, height: number): Pick<Photo, 'mask' | 'outline'> {
  const side = Math.floor(Math.min(width, height) / 2)
  const left = 2 + ((number * 7) % (width - side - 4))
  const top = 2 + ((number * 5) % (height - side - 4))
  if (number % 2 === 1) {
    const [right, bottom] = [left + side, top + side]
    const isInside = (x: number, y: number): boolean => x >= left && x < right && y >= top && y < bottom
    return { mask: maskOf(width, height, isInside), outline: [left, top, right, top, right, bottom, left, bottom] }
  }
  const radius = side / 2
  const isInside = (x: number, y: number): boolean =>
    Math.hypot(x + 0.5 - left - radius, y + 0.5 - top - radius) <= radius
  return { mask: maskOf(width, height, isInside), outline: null }
}

/** The mask of the pixels for which `isInside` says so. */
export function maskOf(width: number, height: number, isInside: (x: number, y: number) => boolean): Bitmap {
  const data = Uint8Array.from({ length: width * height }, (_, i) =>
    isInside(i % width, Math.floor(i / width)) ? 1 : 0,
  )
  return { width, height, data }
}

/** A mask moved by whole pixels; what leaves the photo is gone. */
export function shiftMask({ width, height, data }: Bitmap, dx: number, dy: number): Bitmap {
  return maskOf(width, height, (x, y) => {
    const [fromX, fromY] = [x - dx, y - dy]
    const isInside = fromX >= 0 && fromX < width && fromY >= 0 && fromY < height
    return isInside && data[fromY * width + fromX] === 1
  })
}

export interface CocoOptions {
  /** the category of a photo's object; null: it has no annotation; default: the label */
  readonly categoryOf?: (photo: Photo) => string | null
  /** the object's mask; default: the exact one, of a rectangle as its outline */
  readonly maskOf?: (photo: Photo) => Bitmap
}

/** Writes a COCO instances file of the photos' objects, one each; image ids count from 101, annotation ids from 1001. */
export async function writeCoco(path: string, photos: readonly Photo[], options: CocoOptions = {}): Promise<string> {
  const objects = objectsOf(photos, options)
  const annotations = objects.list.map(({ photo, imageId, categoryId, mask }, i) => {
    const rle = encodeRle(mask)
    const { height, width } = rle
    const isOutlined = photo.outline !== null && mask === photo.mask
    const segmentation = isOutlined ? [photo.outline] : { size: [height, width], counts: compressCounts(rle.counts) }
    const facts = { segmentation, area: rleArea(rle), bbox: rleBbox(rle), iscrowd: 0 }
    return { id: 1001 + i, image_id: imageId, category_id: categoryId, ...facts }
  })
  await writeFile(path, JSON.stringify({ images: objects.images, categories: objects.categories, annotations }))
  return path
}

/** Writes a COCO results file of the photos' objects; its ids are those of `writeCoco`'s file of the same photos. */
export async function writeCocoResults(
  path: string,
  photos: readonly Photo[],
  options: CocoOptions & { readonly scoreOf?: (photo: Photo) => number } = {},
): Promise<string> {
  const { scoreOf = () => 0.75 } = options
  const results = objectsOf(photos, options).list.map(({ photo, imageId, categoryId, mask }) => {
    const { height, width, counts } = encodeRle(mask)
    const segmentation = { size: [height, width], counts: compressCounts(counts) }
    return { image_id: imageId, category_id: categoryId, segmentation, score: scoreOf(photo) }
  })
  await writeFile(path, JSON.stringify(results))
  return path
}

function objectsOf(photos: readonly Photo[], { categoryOf = ({ label }) => label, maskOf }: CocoOptions) {
  const names = [...new Set(photos.map(categoryOf))].filter((name) => name !== null)
  return {
    images: photos.map(({ file, width, height }, i) => ({ id: 101 + i, file_name: file, width, height })),
    categories: names.map((name, i) => ({ id: 11 + i, name })),
    list: photos.flatMap((photo, i) => {
      const category = categoryOf(photo)
      if (category === null) return []
      const mask = maskOf ? maskOf(photo) : photo.mask
      return [{ photo, imageId: 101 + i, categoryId: 11 + names.indexOf(category), mask }]
    }),
  }
}
