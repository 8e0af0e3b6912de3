import { AppError } from '../contract/errors.ts'

/** A size in pixels or grid cells. */
export interface GridSize {
  readonly width: number
  readonly height: number
}

/** Whole pixels of a photo: columns x … x + width − 1, rows y … y + height − 1. */
export interface PixelRectangle extends GridSize {
  readonly x: number
  readonly y: number
}

/**
 * The rectangle of a photo that is to be brought to a grid; the whole photo where none is named.
 * @throws AppError 'mask.size' if grid or rectangle are not whole and at least 1 × 1, or the rectangle leaves the photo
 */
export function sourceRectangle(photo: GridSize, grid: GridSize, source?: PixelRectangle): PixelRectangle {
  const { x, y, width, height } = source ?? { x: 0, y: 0, width: photo.width, height: photo.height }
  const isWhole = [x, y, width, height, grid.width, grid.height].every(Number.isSafeInteger)
  const isFilled = Math.min(width, height, grid.width, grid.height) >= 1
  if (isWhole && isFilled && x >= 0 && y >= 0 && x + width <= photo.width && y + height <= photo.height) {
    return { x, y, width, height }
  }
  throw new AppError(
    'mask.size',
    `the rectangle ${width}×${height} at (${x}, ${y}) of a mask of ${photo.width}×${photo.height} pixels cannot be brought to ${grid.width}×${grid.height} cells`,
    { data: { source: [x, y, width, height], mask: [photo.width, photo.height], grid: [grid.width, grid.height] } },
  )
}
