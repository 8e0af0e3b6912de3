import { z } from 'zod'
import { call } from '../rpc.ts'
import { FilePath } from './common.ts'

const count = z.number().int().nonnegative()

export const maskProcedures = {
  'mask.describe': call(
    z.strictObject({ mask: FilePath }),
    z.strictObject({
      width: count,
      height: count,
      area: count,
      /** x, y, width, height; [0, 0, 0, 0] for an empty mask */
      bbox: z.tuple([count, count, count, count]),
      parts: count,
      holes: count,
    }),
  ),
  /** Formats by the names' endings; a .json is RLE unless polygons are asked for. */
  'mask.convert': call(
    z.strictObject({ from: FilePath, to: FilePath, polygon: z.boolean().default(false) }),
    z.strictObject({
      width: count,
      height: count,
      area: count,
      /** pixels that the written form cannot hold (a polygon's holes) */
      differs: count,
    }),
  ),
  'mask.compare': call(
    z.strictObject({
      a: FilePath,
      b: FilePath,
      /** share of the diagonal that the boundary is wide */
      boundary: z.number().positive().max(0.5).default(0.02),
    }),
    z.strictObject({
      iou: z.number().nullable(),
      dice: z.number().nullable(),
      boundaryIou: z.number().nullable(),
      /** pixels of B that A has not, and of A that B has not */
      added: count,
      removed: count,
    }),
  ),
}
