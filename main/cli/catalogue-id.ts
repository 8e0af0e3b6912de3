import { existsSync } from 'node:fs'
import { AppError } from '#common/contract/errors.ts'
import { catalogue } from '#main/catalogue/catalogue.ts'

/** @throws AppError 'file.missing' for a path that is no file but the name of one in the catalogue */
export function requireNoCatalogueId(path: string): void {
  if (!catalogue.some(({ id }) => id === path) || existsSync(path)) return
  throw new AppError('file.missing', `there is no file ${path}`, {
    hint: `“obalex models download ${path}” gets the official weights and says how they are used.`,
    data: { path },
  })
}
