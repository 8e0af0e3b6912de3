import { resolve } from 'node:path'
import { parseLabelRule } from '#common/classes/label-rules.ts'
import { AppError } from '#common/contract/errors.ts'
import type { EngineHandlers } from '#common/contract/index.ts'
import type { ImportReport } from '#common/contract/procedures/importing.ts'
import { datasetFormat } from '#main/datasets/registry.ts'
import { ProgressMeter } from './progress.ts'
import { ImportTaker } from './import-taker.ts'
import type { Services } from './services.ts'

const stepWords = {
  index: 'reading the annotations',
  images: 'looking at the photos',
  instances: 'reading the masks',
  compare: 'comparing',
} as const

export function importHandlers({ projects, now }: Services): Pick<EngineHandlers, 'dataset.import'> {
  return {
    'dataset.import': async (request, { signal, emit }) => {
      const { as, auditor, dryRun } = request
      if (as === 'correction' && auditor === undefined) {
        throw new AppError('request.usage', 'corrections belong to a person', { hint: 'Say who: --auditor NAME.' })
      }
      const project = projects.get(request.project)
      const format = datasetFormat(request.format)
      if (!format.read) {
        throw new AppError('request.usage', `${format.label} can only be written here`, {
          hint: 'Choose another format.',
        })
      }
      const meter = new ProgressMeter(emit)
      const folder = resolve(request.images)
      const events = format.read(
        {
          imagesDir: folder,
          ...(request.annotations === undefined ? {} : { annotations: request.annotations }),
          ...(request.predictions === undefined ? {} : { predictions: request.predictions }),
          ...(request.labels === undefined ? {} : { labels: parseLabelRule(request.labels) }),
        },
        { signal, onProgress: ({ step, done, total }) => meter.report(stepWords[step], done, total) },
      )
      const origin = { format: format.id, folder, auditor: as === 'correction' ? auditor! : null }
      const finish = (taker: ImportTaker): ImportReport => ({ ...taker.report(), isDryRun: dryRun, format: format.id })
      if (dryRun) {
        const taker = await ImportTaker.forDryRun(project.read, origin, now)
        for await (const event of events) await taker.take(event)
        await taker.flush()
        return finish(taker)
      }
      return project.write(
        ({ images, instances, defects, labelRule }: ImportReport) => ({
          actor: auditor ?? 'user',
          action: 'dataset.import',
          subject: 'project',
          data: {
            format: format.id,
            folder,
            as,
            images,
            instances,
            labelRule,
            defects: defects.map(({ kind, action, count }) => ({ kind, action, count })),
          },
        }),
        async (trx) => {
          const taker = await ImportTaker.forWriting(trx, origin, now)
          for await (const event of events) await taker.take(event)
          await taker.flush()
          signal.throwIfAborted()
          return finish(taker)
        },
      )
    },
  }
}
