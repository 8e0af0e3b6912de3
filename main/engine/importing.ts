import { resolve } from 'node:path'
import type { z } from 'zod'
import { parseLabelRule } from '#common/classes/label-rules.ts'
import type { JsonObject } from '#common/contract/canonical-json.ts'
import { AppError } from '#common/contract/errors.ts'
import type { EngineHandlers } from '#common/contract/index.ts'
import type { Progress } from '#common/contract/procedures/common.ts'
import type { ImportReport, importingProcedures } from '#common/contract/procedures/importing.ts'
import type { DatasetContext, ImportEvent, ImportRequest } from '#main/datasets/dataset.ts'
import { datasetFormat } from '#main/datasets/registry.ts'
import { importFacts } from '#main/project/import-repository.ts'
import type { Project } from '#main/project/project.ts'
import { ImportTaker, type ImportOrigin, type TakenCorrection } from './import-taker.ts'
import { ProgressMeter } from './progress.ts'
import type { Services } from './services.ts'

type Request = Omit<z.output<(typeof importingProcedures)['dataset.import']['input']>, 'project'>

const stepWords = {
  index: 'reading the annotations',
  images: 'looking at the photos',
  instances: 'reading the masks',
  compare: 'comparing',
} as const

export function importHandlers({ projects, now }: Services): Pick<EngineHandlers, 'dataset.import'> {
  return {
    'dataset.import': ({ project, ...request }, context) =>
      importDataset(projects.get(project), request, {
        signal: context.signal,
        emit: (event) => context.emit(event),
        now,
      }),
  }
}

interface ImportContext {
  readonly signal: AbortSignal
  readonly emit: (progress: Progress) => void
  readonly now: () => number
}

/**
 * Reads a dataset into a project in one transaction, or (dry run) only says what would come in.
 * @throws AppError 'request.usage', 'dataset.*', 'file.*', 'project.*'
 */
export async function importDataset(
  project: Project,
  request: Request,
  { signal, emit, now }: ImportContext,
): Promise<ImportReport> {
  const meter = new ProgressMeter(emit)
  const reading = startReading(request, {
    signal,
    onProgress: ({ step, done, total }) => meter.report(stepWords[step], done, total),
  })
  if (!request.dryRun) return importAll(project, request, { ...reading, signal, now })
  const taker = await ImportTaker.forDryRun(project.read, reading.origin, now)
  await taker.takeAll(reading.events)
  return { ...taker.report(), isDryRun: true, format: reading.origin.format, entry: null }
}

/** @throws AppError 'request.usage' for what cannot be read, or corrections of nobody */
function startReading(
  request: Request,
  context: DatasetContext,
): { readonly origin: ImportOrigin; readonly events: AsyncIterable<ImportEvent> } {
  const { as, auditor } = request
  if (as === 'correction' && auditor === undefined) {
    throw new AppError('request.usage', 'corrections belong to a person', { hint: 'Say who: --auditor NAME.' })
  }
  const { id, label, read } = datasetFormat(request.format)
  if (!read) {
    throw new AppError('request.usage', `${label} can only be written here`, { hint: 'Choose another format.' })
  }
  const folder = resolve(request.images)
  return {
    origin: { format: id, folder, auditor: as === 'correction' ? auditor! : null },
    events: read({ imagesDir: folder, ...filesOf(request), ...labelsOf(request) }, context),
  }
}

function filesOf({ annotations, predictions }: Request): Pick<ImportRequest, 'annotations' | 'predictions'> {
  return {
    ...(annotations === undefined ? {} : { annotations: resolve(annotations) }),
    ...(predictions === undefined ? {} : { predictions: resolve(predictions) }),
  }
}

function labelsOf({ labels }: Request): Pick<ImportRequest, 'labels'> {
  return labels === undefined ? {} : { labels: parseLabelRule(labels) }
}

interface Taken {
  readonly report: ImportReport
  readonly corrections: readonly TakenCorrection[]
  /** of the rows that came in; null: none */
  readonly rows: JsonObject | null
}

/** One transaction: all of it comes in, or nothing. */
async function importAll(
  project: Project,
  request: Request,
  reading: ReturnType<typeof startReading> & { readonly signal: AbortSignal; readonly now: () => number },
): Promise<ImportReport> {
  const { origin, events, signal, now } = reading
  const { report } = await project.write<Taken>(
    (taken) => ({
      actor: request.auditor ?? 'user',
      action: 'dataset.import',
      subject: 'project',
      data: auditData(request, origin, taken),
    }),
    async (trx) => {
      const taker = await ImportTaker.forWriting(trx, origin, now)
      await taker.takeAll(events)
      signal.throwIfAborted()
      const { corrections } = taker
      const record = await taker.endRecord()
      const entry = record?.auditSeq ?? null
      const report = { ...taker.report(), isDryRun: false, format: origin.format, entry }
      return { report, corrections, rows: record && (await importFacts(trx, record)) }
    },
  )
  return report
}

function auditData(
  request: Request,
  { format, folder }: ImportOrigin,
  { report: { images, instances, labelRule, defects }, corrections, rows }: Taken,
): JsonObject {
  return {
    format,
    folder,
    ...filesOf(request),
    as: request.as,
    images,
    instances,
    labelRule,
    defects: defects.map(({ kind, action, count }) => ({ kind, action, count })),
    // what an undo goes by; an entry that says nothing of it is of an earlier version
    rows,
    // the log then proves who drew which mask; those of machines can be made again
    ...(corrections.length > 0 ? { corrections: corrections.map((correction) => ({ ...correction })) } : {}),
  }
}
