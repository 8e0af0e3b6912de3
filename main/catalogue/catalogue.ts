import { z } from 'zod'
import { AppError } from '#common/contract/errors.ts'
import { CatalogueEntry } from '#common/contract/procedures/catalogue.ts'
import catalogueJson from '../../resources/models.json' with { type: 'json' }

const Catalogue = z.strictObject({ baseUrl: z.url({ protocol: /^https$/ }), models: z.array(CatalogueEntry) })

const { baseUrl, models } = Catalogue.parse(catalogueJson)

/** The files that the program knows of: official weights of classifiers, the larger networks first, then detectors. */
export const catalogue: readonly CatalogueEntry[] = models

/**
 * Where a file of the catalogue is. `OBALEX_MODELS_URL` names a mirror of all of them: https, or http on this machine.
 * @throws AppError 'request.usage' for any other address
 */
export function urlOf({ file, baseUrl: own = baseUrl }: CatalogueEntry): URL {
  return new URL(file, mirrorUrl() ?? own)
}

/** The mirror that is named; null: none. @throws AppError 'request.usage' */
function mirrorUrl(): URL | null {
  const own = process.env['OBALEX_MODELS_URL']
  if (!own) return null
  const url = URL.parse(own.endsWith('/') ? own : `${own}/`)
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url))) return url
  throw new AppError('request.usage', `OBALEX_MODELS_URL is “${own}”, from which nothing is downloaded`, {
    hint: 'Give an https address, or an http address of this machine.',
  })
}

/** Whether an address is of this machine: nobody in between can change what it answers. */
export function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}
