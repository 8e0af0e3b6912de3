import { basename } from 'node:path'
import { AppError } from '#common/contract/errors.ts'
import type { EngineClient } from '#common/contract/index.ts'
import type { CommandContext } from '../command.ts'
import { counted } from '../table.ts'

type Recognised = Awaited<ReturnType<EngineClient['dataset.recognise']>>['formats'][number]

/** What an import is told of a dataset. */
export interface Dataset {
  readonly format: string
  readonly images: string
  readonly annotations?: string
}

/**
 * What a folder looks like, which is said. Photos of a dataset with masks lie in folders too: what has masks comes first.
 * @throws AppError 'request.usage' where it may be several formats, with the images of each, or is none; 'file.*'
 */
export async function recognisedDataset(
  { engine, messages, signal }: Pick<CommandContext, 'engine' | 'messages' | 'signal'>,
  path: string,
): Promise<Dataset> {
  const { formats } = await engine['dataset.recognise']({ path }, { signal })
  const withMasks = formats.filter(({ annotations }) => annotations !== null)
  const fitting = withMasks.length > 0 ? withMasks : formats
  const [only, ...others] = fitting
  if (only === undefined) {
    throw new AppError('request.usage', `${path} looks like no dataset that is known`, {
      hint: 'Say with --format what it is; “obalex import --help” has the names.',
      data: { path },
    })
  }
  if (others.length > 0) {
    throw new AppError('request.usage', `${path} may be ${fitting.map(candidate).join(', or ')}`, {
      hint: `Say which with --format ${fitting.map(({ format }) => format).join('|')}.`,
      data: { path, formats: fitting.map(({ format, nPhotos }) => ({ format, nPhotos })) },
    })
  }
  const { format, label, images, annotations, nPhotos } = only
  const file = annotations === null ? '' : `, ${basename(annotations)}`
  messages.note(`This looks like ${label} (--format ${format}): ${counted(nPhotos, 'image')}${file}.`)
  return { format, images, ...(annotations === null ? {} : { annotations }) }
}

function candidate({ format, label, nPhotos }: Recognised): string {
  return `${label} (${format}, ${counted(nPhotos, 'image')})`
}
