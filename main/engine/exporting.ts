import { resolve } from 'node:path'
import { AppError } from '#common/contract/errors.ts'
import type { EngineHandlers } from '#common/contract/index.ts'
import type { ImageId } from '#common/contract/ids.ts'
import type { ExportedImage, ExportedInstance } from '#main/datasets/dataset.ts'
import { datasetFormat, datasetFormats } from '#main/datasets/registry.ts'
import { listImages, type ProjectImage } from '#main/project/image-repository.ts'
import { currentMasks, listRevisions } from '#main/project/mask-repository.ts'
import type { CurrentMask } from '#main/project/mask-rows.ts'
import type { Project } from '#main/project/project.ts'
import { rleOf } from './object-mask.ts'
import { ProgressMeter } from './progress.ts'
import type { Services } from './services.ts'

const pageSize = 500

const formatsToWrite = new Intl.ListFormat('en', { type: 'disjunction' }).format(
  datasetFormats.filter(({ write }) => write).map(({ id }) => id),
)

type MaskChoice = 'machine' | 'corrected' | 'final'

const stepWords = {
  index: 'reading back and comparing',
  images: 'writing',
  instances: 'writing',
  compare: 'reading back and comparing',
} as const

export function exportHandlers({ projects }: Services): Pick<EngineHandlers, 'dataset.export'> {
  return {
    'dataset.export': async ({ project: handle, format: formatId, out, masks }, context) => {
      const project = projects.get(handle)
      const { label, write } = datasetFormat(formatId)
      if (!write) {
        throw new AppError('request.usage', `${label} can only be read here`, {
          hint: `Choose ${formatsToWrite}.`,
        })
      }
      const meter = new ProgressMeter((progress) => context.emit(progress))
      const { files, losses, ...counts } = await write({ outDir: resolve(out) }, exportedImages(project, masks), {
        signal: context.signal,
        onProgress: ({ step, done, total }) => meter.report(stepWords[step], done, total),
      })
      return { files: [...files], losses: [...losses], ...counts }
    },
  }
}

async function* exportedImages(project: Project, masks: MaskChoice): AsyncGenerator<ExportedImage> {
  let after: ImageId | undefined
  const files = new Set<string>()
  for (;;) {
    const images = await listImages(project.read, {}, { limit: pageSize, ...(after === undefined ? {} : { after }) })
    const current = await currentMasks(
      project.read,
      images.map(({ id }) => id),
    )
    for (const image of images) {
      if (files.has(image.file)) throw nameTaken(image.file)
      files.add(image.file)
      yield await exportedImage(project, image, { current: current.get(image.id) ?? [], masks })
    }
    if (images.length < pageSize) return
    after = images.at(-1)!.id
  }
}

/** Annotation files name images by their file below one folder; two folders may hold the same name. */
function nameTaken(file: string): AppError {
  return new AppError('export.differs', `two images of different folders are both called ${file}`, {
    hint: 'Nothing was written. Keep such folders in projects of their own.',
    data: { file },
  })
}

async function exportedImage(
  project: Project,
  { file, width, height, source }: ProjectImage,
  { current, masks }: { readonly current: readonly CurrentMask[]; readonly masks: MaskChoice },
): Promise<ExportedImage> {
  const instances: ExportedInstance[] = []
  for (const mask of current) {
    const instance = await exportedInstance(project, mask, masks)
    if (instance) instances.push(instance)
  }
  return { file, width, height, source: Object.keys(source).length > 0 ? source : null, instances }
}

async function exportedInstance(
  project: Project,
  { instance, revision }: CurrentMask,
  masks: MaskChoice,
): Promise<ExportedInstance | null> {
  if (masks === 'corrected' && revision.kind !== 'correction') return null
  const chosen =
    masks === 'machine' && revision.number > 0
      ? (await listRevisions(project.read, instance.id)).find(({ kind }) => kind === 'machine')
      : revision
  if (!chosen) return null
  const { category, categorySourceId, score, isCrowd, source } = instance
  // the first outline of an instance is the one that its source record describes, whoever drew it
  const isOriginal = chosen.number === 0 || (chosen.number === 1 && !(await hasMachineMask(project, instance.id)))
  return { category, categorySourceId, score, isCrowd, source, rle: rleOf(chosen.mask), edited: !isOriginal }
}

async function hasMachineMask(project: Project, id: CurrentMask['instance']['id']): Promise<boolean> {
  return (await listRevisions(project.read, id)).some(({ kind }) => kind === 'machine')
}
