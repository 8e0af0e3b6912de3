import type { ColourWindow } from '#common/mask/colour-region.ts'
import type { PixelRectangle } from '#common/mask/rectangle.ts'

const tileSide = 512

/**
 * The colours of a part of a photo, at its full size. The tiles come from where the canvas has them.
 * @param part whole pixels, inside the photo
 * @throws DOMException 'EncodingError' where a tile does not come
 */
export async function readPhotoColours(
  photo: { tileUrl(level: number, column: number, row: number): string },
  { x, y, width, height }: PixelRectangle,
): Promise<ColourWindow> {
  const canvas = document.createElement('canvas')
  canvas.width = width
  canvas.height = height
  const context = canvas.getContext('2d', { willReadFrequently: true })!
  const loading: Promise<void>[] = []
  for (let row = Math.floor(y / tileSide); row * tileSide < y + height; row++) {
    for (let column = Math.floor(x / tileSide); column * tileSide < x + width; column++) {
      const image = new Image()
      image.src = photo.tileUrl(0, column, row)
      const draw = (): void => context.drawImage(image, column * tileSide - x, row * tileSide - y)
      loading.push(image.decode().then(draw))
    }
  }
  await Promise.all(loading)
  return context.getImageData(0, 0, width, height)
}
