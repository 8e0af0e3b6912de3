import { z } from 'zod'
import { numberSegments, type Segmentation, type Segmenter, type SegmenterPhoto } from './segmenter.ts'

const options = {
  cell: z.coerce.number().int().min(1).max(4096).default(32).describe('grid: side of a square, pixels'),
}
type Options = z.output<z.ZodObject<typeof options>>

/** Squares from the upper left corner on, row by row; those at the right and lower edge may be cut. */
export const grid: Segmenter<typeof options> = { options, segment }

function segment({ width, height }: SegmenterPhoto, { cell }: Options): Segmentation {
  const cols = Math.ceil(width / cell)
  return numberSegments(
    Int32Array.from(
      { length: width * height },
      (_, i) => Math.floor(Math.floor(i / width) / cell) * cols + Math.floor((i % width) / cell),
    ),
  )
}
