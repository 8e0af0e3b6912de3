import type { ImportFacts } from '#common/contract/procedures/importing.ts'

/** What people call an import by: the file of its annotations, else the folder of its photos. */
export function importName({ source, folder }: Pick<ImportFacts, 'source' | 'folder'>): string {
  const path = (source ?? folder).replace(/[\\/]+$/, '')
  return path.split(/[\\/]/).at(-1) || path
}
