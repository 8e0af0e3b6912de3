import type { EngineHandlers } from '#common/contract/index.ts'
import { maskOnGrid, scoreMap } from '#common/score/score-map.ts'
import { readMap } from '#main/files/map-file.ts'
import { readMask } from '#main/files/mask-file.ts'

/** Maps and masks in files, outside of any project. */
export function scoringHandlers(): Pick<EngineHandlers, 'score.compute'> {
  return {
    'score.compute': async ({ map: mapFile, mask: maskFile, variant }) => {
      const map = await readMap(mapFile)
      const mask = await readMask(maskFile)
      const isSameSize = mask.width === map.width && mask.height === map.height
      // a mask that is on the map's grid already is not resized: the authors' rule would widen it
      const grid = isSameSize ? { ...mask, data: Float32Array.from(mask.data) } : maskOnGrid(mask, map, { variant })
      return { ...scoreMap(grid, map, variant), cells: map.width * map.height }
    },
  }
}
