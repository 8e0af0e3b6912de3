import { join, resolve } from 'node:path'
import type { Kysely, Transaction } from 'kysely'
import type { z } from 'zod'
import { parsePredictionCsv, type TabledPrediction } from '#common/classes/prediction-csv.ts'
import type { JsonObject } from '#common/contract/canonical-json.ts'
import type { EngineHandlers } from '#common/contract/index.ts'
import type { ImageId } from '#common/contract/ids.ts'
import type { Progress } from '#common/contract/procedures/common.ts'
import type { importingProcedures, MapsReport } from '#common/contract/procedures/importing.ts'
import type { GridMap } from '#common/explanation/native-map.ts'
import { DefectTally, type PlacelessDefect } from '#main/datasets/defects.ts'
import { inOrderAhead } from '#main/files/in-order-ahead.ts'
import { listFiles } from '#main/files/list-images.ts'
import { readBytes } from '#main/files/read-bytes.ts'
import { appendAudit } from '#main/project/audit-log.ts'
import type { ProjectImage } from '#main/project/image-repository.ts'
import { findOrInsertModel, noFileSha256, updateModelCard } from '#main/project/model-repository.ts'
import type { Project } from '#main/project/project.ts'
import type { Schema } from '#main/project/schema.ts'
import { objectMatching } from '../class-matching.ts'
import { defectGroups } from '../import-counts.ts'
import { ProgressMeter } from '../progress.ts'
import { runImages } from '../run-images.ts'
import type { Services } from '../services.ts'
import { ImageNames, planMaps, type PlannedMap } from './image-names.ts'
import { MapTaker, type TakingParts } from './map-taker.ts'
import { cardWithoutFile, modelOfMaps, type ModelOfMaps } from './model-of-maps.ts'
import { mapNotes } from './notes.ts'
import { readMadeMap } from './read-made-map.ts'

type Request = Omit<z.output<(typeof importingProcedures)['maps.import']['input']>, 'project'>

const endings = new Set(['.npy', '.png'])
/** Maps that are read while another is scored; one of them may be large. */
const nAhead = 2
const maxTableBytes = 1 << 28
const actor = 'user'

export function mapsHandlers({ projects, now }: Services): Pick<EngineHandlers, 'maps.import'> {
  return {
    'maps.import': ({ project, ...request }, { signal, emit }) =>
      importMaps(projects.get(project), request, { signal, emit, now }),
  }
}

interface ImportContext {
  readonly signal: AbortSignal
  readonly emit: (progress: Progress) => void
  readonly now: () => number
}

/** What is known before the first map is read. */
interface Reading {
  readonly folder: string
  readonly planned: readonly PlannedMap[]
  readonly nImages: number
  readonly table: ReadonlyMap<ImageId, TabledPrediction>
  readonly nUnmatchedRows: number
  readonly matching: TakingParts['matching']
}

/**
 * Takes in maps that were made elsewhere and scores them, in one transaction, or (dry run) only says what would come in.
 * @throws AppError 'request.usage', 'file.*', 'import.format', 'project.*'
 */
async function importMaps(project: Project, request: Request, context: ImportContext): Promise<MapsReport> {
  const { method, model: name, predictions } = request
  const reading = await prepare(project, request)
  const asked = { name, method, hasTable: predictions !== undefined }
  if (request.dryRun) {
    const of = await modelOfMaps(project.read, asked)
    return takeAll(request, reading, { db: project.read, writing: null, of, context })
  }
  return project.write<MapsReport>(
    (report) => ({ actor, action: 'maps.import', subject: 'project', data: auditData(request, reading, report) }),
    async (trx) => {
      const of = await modelOfMaps(trx, asked)
      return takeAll(request, reading, { db: trx, writing: await keepModel(trx, of, reading, context), of, context })
    },
  )
}

async function prepare(project: Project, { maps, predictions }: Request): Promise<Reading> {
  const folder = resolve(maps)
  const files = await listFiles(folder, endings)
  const images: ProjectImage[] = []
  for await (const image of runImages(project, { limit: null, split: null })) images.push(image)
  const names = new ImageNames(images)
  const rows = predictions === undefined ? new Map<string, TabledPrediction>() : await readTable(resolve(predictions))
  const table = new Map<ImageId, TabledPrediction>()
  for (const [name, row] of rows) {
    const [image, ...others] = names.match(name)
    if (image && others.length === 0 && !table.has(image.id)) table.set(image.id, row)
  }
  const matching = await objectMatching(project)
  return {
    ...{ folder, planned: planMaps(files, names), nImages: images.length },
    ...{ table, nUnmatchedRows: rows.size - table.size, matching },
  }
}

async function readTable(path: string): Promise<ReadonlyMap<string, TabledPrediction>> {
  const bytes = await readBytes(path, { maxBytes: maxTableBytes, code: 'import.format' })
  return parsePredictionCsv(new TextDecoder().decode(bytes))
}

async function keepModel(
  trx: Transaction<Schema>,
  of: ModelOfMaps,
  { folder }: Reading,
  { now }: ImportContext,
): Promise<NonNullable<TakingParts['writing']>> {
  if (of.model) return { trx, modelId: of.model.id }
  const card = cardWithoutFile(of.card)
  const { id, name, sha256 } = await findOrInsertModel(
    trx,
    { name: of.name, path: folder, sha256: noFileSha256, card },
    now(),
  )
  await appendAudit(trx, { actor, action: 'model.use', subject: `model:${id}`, data: { name, sha256 } }, now())
  return { trx, modelId: id }
}

interface Taking {
  readonly db: Kysely<Schema>
  readonly writing: TakingParts['writing']
  readonly of: ModelOfMaps
  readonly context: ImportContext
}

async function takeAll(request: Request, reading: Reading, { db, writing, of, context }: Taking): Promise<MapsReport> {
  const { folder, planned, nImages, table, matching } = reading
  const { signal, emit, now } = context
  const taker = new MapTaker({ db, writing, of, method: request.method, table, matching, actor, now })
  const maps = { new: 0, known: 0, refused: 0 }
  const tally = new DefectTally()
  const meter = new ProgressMeter(emit)
  let done = 0
  const outcomes = inOrderAhead(planned, nAhead, async (plan) => ({ plan, made: await readPlanned(folder, plan) }))
  for await (const { plan, made } of outcomes) {
    signal.throwIfAborted()
    const outcome = 'native' in made ? await taker.take(made.image, made.native) : made
    if (typeof outcome === 'string') maps[outcome]++
    else {
      maps.refused++
      tally.add({ ...outcome, place: { file: plan.file } })
    }
    meter.report('reading the maps', ++done, planned.length)
  }
  if (writing && taker.classes.areNew) {
    const card = cardWithoutFile({ ...of.card, labels: [...taker.classes.labels] })
    await updateModelCard(writing.trx, writing.modelId, card)
  }
  return {
    isDryRun: request.dryRun,
    format: 'maps',
    model: of.name,
    method: request.method,
    maps,
    nWithoutMap: nImages - planned.filter((plan) => 'image' in plan).length,
    answers: of.answers,
    notes: mapNotes(of, reading.nUnmatchedRows),
    defects: defectGroups(tally),
  }
}

/** The map of an image, or what is wrong with it. */
async function readPlanned(
  folder: string,
  plan: PlannedMap,
): Promise<{ readonly image: ProjectImage; readonly native: GridMap } | PlacelessDefect> {
  if ('defect' in plan) return plan.defect
  const made = await readMadeMap(join(folder, plan.file))
  if ('problem' in made) return { kind: 'map-broken', action: 'refused', reason: made.problem }
  return { image: plan.image, native: made.native }
}

function auditData(request: Request, { folder }: Reading, report: MapsReport): JsonObject {
  const { model, method, maps, answers, defects } = report
  return {
    folder,
    ...(request.predictions === undefined ? {} : { predictions: resolve(request.predictions) }),
    ...{ model, method, answers, maps },
    defects: defects.map(({ kind, action, count }) => ({ kind, action, count })),
  }
}
