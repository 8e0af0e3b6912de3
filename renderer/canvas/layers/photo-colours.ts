import type { ColourWindow } from '#common/mask/colour-region.ts'
import type { PixelRectangle } from '#common/mask/rectangle.ts'
import { tileSide, type TiledPhoto } from './photo-tiles.ts'
import { readTile } from './read-tile.ts'

/**
 * The colours of a part of a photo, at its full size. The tiles come from where the canvas has them.
 * @param part whole pixels, inside the photo
 * @throws Error where a tile does not come
 */
export async function readPhotoColours(
  photo: Pick<TiledPhoto, 'tileUrl'>,
  { x, y, width, height }: PixelRectangle,
): Promise<ColourWindow> {
  const canvas = document.createElement('canvas')
  canvas.width = width
  canvas.height = height
  const context = canvas.getContext('2d', { willReadFrequently: true })!
  const loading: Promise<void>[] = []
  for (let row = Math.floor(y / tileSide); row * tileSide < y + height; row++) {
    for (let column = Math.floor(x / tileSide); column * tileSide < x + width; column++) {
      const draw = (tile: ImageBitmap): void => {
        context.drawImage(tile, column * tileSide - x, row * tileSide - y)
        tile.close()
      }
      loading.push(readTile(photo.tileUrl(0, column, row), true).then(draw))
    }
  }
  await Promise.all(loading)
  return context.getImageData(0, 0, width, height)
}
