import type { EngineHandlers } from '#common/contract/index.ts'
import type { Services } from './services.ts'

type CatalogueProcedure = 'catalogue.list' | 'catalogue.download' | 'catalogue.add' | 'catalogue.remove'

export function modelLibraryHandlers({ models }: Pick<Services, 'models'>): Pick<EngineHandlers, CatalogueProcedure> {
  return {
    'catalogue.list': async () => ({ folder: models.folder, models: await models.list() }),
    'catalogue.download': ({ id }, context) => models.download(id, context),
    'catalogue.add': ({ id, path }, context) => models.add(id, path, context),
    'catalogue.remove': ({ id }) => models.remove(id),
  }
}
