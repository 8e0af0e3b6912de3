import type { EngineHandlers } from '#common/contract/index.ts'
import { AppError } from '#common/contract/errors.ts'
import type { ImageId } from '#common/contract/ids.ts'
import { unionRle } from '#common/mask/combine.ts'
import { drawOutline } from '#common/mask/draw-outline.ts'
import { decodeImage, decodeSmall } from '#main/files/decode-image.ts'
import { encodeWebp } from '#main/files/webp.ts'
import { getImage, listFolders, type ProjectImage } from '#main/project/image-repository.ts'
import { currentMasks } from '#main/project/mask-repository.ts'
import type { Project } from '#main/project/project.ts'
import { ByteCache } from './byte-cache.ts'
import { rleOf } from './object-mask.ts'
import { locatePhoto, type PhotoFiles } from './photo-files.ts'
import { PhotoLevels } from './photo-levels.ts'
import type { Services } from './services.ts'

type PictureProcedures = Pick<EngineHandlers, 'image.thumbnail' | 'image.outline' | 'image.tile'>

/** Side of a tile, pixels. */
const tileSide = 512
/** Five photos of 12 megapixels with their smaller levels. */
const photoBytes = 256 * 2 ** 20
/** A few thousand thumbnails. */
const thumbnailBytes = 32 * 2 ** 20

/** Pictures of photos for the page, by id and never by path; all of them upright. */
export function pictureHandlers({ projects }: Pick<Services, 'projects'>, photos: PhotoFiles): PictureProcedures {
  const maker = new PictureMaker(photos)
  return {
    'image.thumbnail': async ({ project, image, side }) => ({
      bytes: await maker.thumbnail(await photoOf(projects.get(project), image), side),
      type: 'image/webp',
    }),

    'image.outline': async ({ project, image, side }) => ({
      bytes: new TextEncoder().encode(await outlineOf(projects.get(project), image, side)),
      type: 'image/svg+xml',
    }),

    'image.tile': async ({ project, image, ...place }) => ({
      bytes: await maker.tile(await photoOf(projects.get(project), image), place),
      type: 'image/webp',
    }),
  }
}

interface Photo {
  readonly image: ProjectImage
  readonly folder: string
}

async function photoOf({ read }: Project, id: number): Promise<Photo> {
  const image = await getImage(read, id as ImageId)
  return { image, folder: (await listFolders(read)).get(image.folderId)! }
}

/** All objects of an image in one drawing; crowds are no objects. */
async function outlineOf({ read }: Project, id: number, side: number): Promise<string> {
  const { width, height } = await getImage(read, id as ImageId)
  const factor = Math.min(1, side / Math.max(width, height))
  const size = {
    width: Math.max(1, Math.round(width * factor)),
    height: Math.max(1, Math.round(height * factor)),
  }
  const masks = (await currentMasks(read, [id as ImageId])).get(id as ImageId) ?? []
  const objects = masks.filter(
    ({ instance, revision }) => !instance.isCrowd && hasSize(revision.mask, { width, height }),
  )
  const isCorrected = objects.some(({ revision }) => revision.kind === 'correction')
  const union = unionRle(
    objects.map(({ revision }) => rleOf(revision.mask)),
    { width, height },
  )
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height}" fill="none" stroke-linejoin="round">` +
    `${drawOutline(union, size, isCorrected)}</svg>`
  )
}

function hasSize(mask: Size, size: Size): boolean {
  return mask.width === size.width && mask.height === size.height
}

interface Size {
  readonly width: number
  readonly height: number
}

/** Keeps what it has decoded and drawn, as far as there is room: panning over a photo decodes it once. */
class PictureMaker {
  readonly #files: PhotoFiles
  readonly #levels = new ByteCache<PhotoLevels>(photoBytes)
  readonly #thumbnails = new ByteCache<Uint8Array>(thumbnailBytes)
  /** what is being made now, so that it is not made twice */
  readonly #making = new Map<string, Promise<unknown>>()

  constructor(files: PhotoFiles) {
    this.#files = files
  }

  async thumbnail({ folder, image }: Photo, side: number): Promise<Uint8Array> {
    const file = await locatePhoto(folder, image)
    return this.#once(this.#thumbnails, `${side} ${file.stamp}`, async () => {
      const bytes = await this.#files.read(file, image)
      const webp = await encodeWebp(await decodeSmall(bytes, { name: file.path, side }))
      return { value: webp, sizeBytes: webp.length }
    })
  }

  async tile(
    { folder, image }: Photo,
    { level, column, row }: { readonly level: number; readonly column: number; readonly row: number },
  ): Promise<Uint8Array> {
    const file = await locatePhoto(folder, image)
    const levels = await this.#once(this.#levels, file.stamp, async () => {
      const photo = await decodeImage(await this.#files.read(file, image), { name: file.path })
      return { value: new PhotoLevels(photo), sizeBytes: Math.ceil((photo.data.length * 4) / 3) }
    })
    const picture = await levels.at(level)
    const [x, y] = [column * tileSide, row * tileSide]
    const [width, height] = [Math.min(tileSide, picture.width - x), Math.min(tileSide, picture.height - y)]
    if (width <= 0 || height <= 0) throw noTile(image, { level, column, row })
    return encodeWebp(picture, { x, y, width, height })
  }

  async #once<Value>(
    cache: ByteCache<Value>,
    key: string,
    make: () => Promise<{ readonly value: Value; readonly sizeBytes: number }>,
  ): Promise<Value> {
    const known = cache.get(key)
    if (known !== undefined) return known
    const underWay = this.#making.get(key) as Promise<Value> | undefined
    if (underWay) return underWay
    const making = make().then(({ value, sizeBytes }) => {
      cache.set(key, value, sizeBytes)
      return value
    })
    this.#making.set(key, making)
    try {
      return await making
    } finally {
      this.#making.delete(key)
    }
  }
}

function noTile(
  { file, width, height }: ProjectImage,
  { level, column, row }: { readonly level: number; readonly column: number; readonly row: number },
): AppError {
  return new AppError(
    'request.invalid',
    `${file} has no tile ${column}, ${row} at level ${level}: it has ${width}×${height} pixels`,
    { data: { level, column, row } },
  )
}
