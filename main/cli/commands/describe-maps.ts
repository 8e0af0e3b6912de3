import type { MapsReport } from '#common/contract/procedures/importing.ts'
import { printable } from '../printable.ts'
import { counted, countWords } from '../table.ts'

/** What came in of maps that were made elsewhere, line by line. */
export function describeMaps({ isDryRun, model, method, maps, nWithoutMap, notes, defects }: MapsReport): string[] {
  return [
    ...(isDryRun ? ['Nothing was written. This would come in:'] : []),
    `maps  ${countWords(maps)} (${method} of ${model})`,
    ...(nWithoutMap > 0 ? [`${counted(nWithoutMap, 'image')} of the project without a map.`] : []),
    ...notes,
    ...(defects.length > 0 ? ['What is wrong with the data:'] : []),
    ...defects.map(({ words }) => `  ${words}`),
  ].map(printable)
}
