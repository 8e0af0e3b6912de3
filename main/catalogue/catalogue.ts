import { z } from 'zod'
import { AppError } from '#common/contract/errors.ts'
import { CatalogueEntry } from '#common/contract/procedures/catalogue.ts'
import catalogueJson from '../../resources/models.json' with { type: 'json' }

const Catalogue = z.strictObject({ baseUrl: z.url({ protocol: /^https$/ }), models: z.array(CatalogueEntry) })

const { baseUrl, models } = Catalogue.parse(catalogueJson)

/** The official weights that the program knows of, the larger networks first. */
export const catalogue: readonly CatalogueEntry[] = models

/**
 * Where the catalogue's files are. `OBALEX_MODELS_URL` names a mirror with the same folders: https, or http on this
 * machine.
 * @throws AppError 'request.usage' for any other address
 */
export function catalogueUrl(env: NodeJS.ProcessEnv = process.env): URL {
  const own = env['OBALEX_MODELS_URL']
  if (!own) return new URL(baseUrl)
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
