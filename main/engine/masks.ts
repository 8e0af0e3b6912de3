import type { EngineHandlers } from '#common/contract/index.ts'
import { boundaryIou } from '#common/mask/boundary-iou.ts'
import { added, dice, iou, countOverlap, removed } from '#common/mask/overlap.ts'
import { countParts } from '#common/mask/parts.ts'
import { encodeRle, rleArea, rleBbox } from '#common/mask/rle.ts'
import { readMask, writeMask } from '#main/files/mask-file.ts'

type MaskProcedures = Pick<EngineHandlers, 'mask.describe' | 'mask.convert' | 'mask.compare'>

/** Masks in files, outside of any project. */
export function maskHandlers(): MaskProcedures {
  return {
    'mask.describe': async ({ mask }) => {
      const { width, height, ...bitmap } = await readMask(mask)
      const rle = encodeRle({ width, height, ...bitmap })
      const [x, y, w, h] = rleBbox(rle)
      return { width, height, area: rleArea(rle), bbox: [x, y, w, h], ...countParts(rle) }
    },

    'mask.convert': async ({ from, to, polygon }) => {
      const bitmap = await readMask(from)
      const { differs } = await writeMask(to, bitmap, { polygon })
      return { width: bitmap.width, height: bitmap.height, area: rleArea(encodeRle(bitmap)), differs }
    },

    'mask.compare': async ({ a, b, boundary }) => {
      const [first, second] = [await readMask(a), await readMask(b)]
      const overlap = countOverlap(first, second)
      return {
        iou: iou(overlap),
        dice: dice(overlap),
        boundaryIou: boundaryIou(first, second, boundary),
        added: added(overlap),
        removed: removed(overlap),
      }
    },
  }
}
