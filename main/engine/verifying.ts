import { resolve } from 'node:path'
import { AppError } from '#common/contract/errors.ts'
import type { EngineHandlers } from '#common/contract/index.ts'
import type { Checked, ProjectVerification } from '#common/contract/procedures/projects.ts'
import { damageHint } from '#main/project/damage-hint.ts'
import { openFileSnapshot, type FileSnapshot } from '#main/project/file-snapshot.ts'
import { lockHolder } from '#main/project/lock.ts'
import { countExplanationsBy } from '#main/project/explanation-repository.ts'
import { countMasksOfOtherSize } from '#main/project/mask-repository.ts'
import { checkReadable } from '#main/project/open.ts'
import { madeElsewhere } from '#main/project/prediction-repository.ts'
import { Project } from '#main/project/project.ts'
import { readProjectInfo } from '#main/project/project-info.ts'
import { countScoresInForce } from '#main/project/score-repository.ts'
import type { Finding } from '#main/project/verify/check.ts'
import { checkProject, type VerifyingOptions } from '#main/project/verify/verify-project.ts'
import type { Watch } from '#main/project/watch.ts'
import { countPhotos, type PhotoCounts } from './photos-on-disk.ts'
import { ProgressMeter } from './progress.ts'
import { recomputeScores } from './recomputing.ts'
import type { Services } from './services.ts'

export function verifyingHandlers({ now }: Services): Pick<EngineHandlers, 'project.verify'> {
  return {
    'project.verify': async ({ path, recompute }, { signal, emit }) => {
      const meter = new ProgressMeter(emit)
      const onProgress: Verifying['onProgress'] = (step, done, total) => meter.report(step, done, total)
      return verifyFile(resolve(path), { recompute, signal, onProgress, now })
    },
  }
}

interface Verifying extends VerifyingOptions {
  readonly recompute: boolean
  readonly now: () => number
}

/** A hint of its own has only a file that cannot be read at all. */
type Broken = Finding & { readonly hint?: string | undefined }
type Report = Omit<ProjectVerification, 'ok' | 'path' | 'broken'> & { readonly broken: Broken | null }

const nothing: Checked = {
  pages: 0,
  tables: 0,
  rows: 0,
  auditEntries: 0,
  blobs: 0,
  maskRevisions: 0,
  maps: 0,
  strokes: 0,
  loggedFacts: 0,
  scores: null,
}

async function verifyFile(path: string, options: Verifying): Promise<ProjectVerification> {
  let snapshot: FileSnapshot
  try {
    snapshot = openFileSnapshot(path)
  } catch (error) {
    const broken = findingOfOpening(error, path)
    if (!broken) throw error
    return documentOf(path, { writer: null, checked: nothing, photos: null, notes: [], broken })
  }
  try {
    return documentOf(path, await verifySnapshot(snapshot, options))
  } finally {
    snapshot.close()
  }
}

/** A file that is no project any more, or never was; everything else that stops an opening is not about what it holds. */
function findingOfOpening(error: unknown, path: string): Broken | null {
  if (!(error instanceof AppError && ['project.corrupt', 'project.not-a-project'].includes(error.code))) return null
  return { kind: 'file', subject: path, message: error.message, hint: error.hint }
}

async function verifySnapshot(snapshot: FileSnapshot, options: Verifying): Promise<Report> {
  checkReadable(snapshot.database)
  const { checked, broken } = await checkProject(snapshot, options)
  if (broken) return { writer: null, checked: { ...checked, scores: null }, photos: null, notes: [], broken }
  const { database, db } = snapshot
  const project = new Project({ reader: database, writer: null }, await readProjectInfo(db, snapshot.path), options)
  const notes: string[] = []
  const writer = lockHolder(database)
  if (writer)
    notes.push(`Process ${writer.pid} on ${writer.host} writes it meanwhile; this is its state at the beginning.`)
  const nOtherSize = await countMasksOfOtherSize(db)
  if (nOtherSize > 0) notes.push(`${counted(nOtherSize, 'mask')} of photos that were replaced by ones of another size.`)
  const scores = options.recompute ? await verifyScores(project, options, notes) : { count: null, broken: null }
  const report = { writer, checked: { ...checked, scores: scores.count }, notes, broken: scores.broken }
  return { ...report, photos: scores.broken ? null : await verifyPhotos(project, options, notes) }
}

async function verifyScores(
  project: Project,
  options: Verifying,
  notes: string[],
): Promise<{ readonly count: number; readonly broken: Finding | null }> {
  const total = await countScoresInForce(project.read)
  const watch = counting('computing scores again', total, options)
  const { broken, nWithoutMask } = await recomputeScores(project, watch)
  if (nWithoutMask > 0) {
    notes.push(`${counted(nWithoutMask, 'score')} not computed again: what mask was used is not to be found any more.`)
  }
  const nElsewhere = await countExplanationsBy(project.read, madeElsewhere)
  if (nElsewhere > 0) {
    notes.push(
      `${counted(nElsewhere, 'map')} made elsewhere: no classifier here can make them again; they are those that came in, and their scores were computed again.`,
    )
  }
  return { count: watch.count() - nWithoutMask, broken }
}

async function verifyPhotos(
  project: Project,
  options: Verifying,
  notes: string[],
): Promise<ProjectVerification['photos']> {
  const watch = counting('looking for the photos', null, options)
  const { example, ...photos } = await countPhotos(project, { byContent: options.recompute, watch })
  if (example !== null) notes.push(photoNote(photos, example))
  return photos
}

function photoNote({ missing, changed }: Omit<PhotoCounts, 'example'>, example: string): string {
  const parts = [
    ...(missing > 0 ? [`${counted(missing, 'photo')} missing`] : []),
    ...(changed > 0 ? [`${counted(changed, 'photo')} changed`] : []),
  ]
  return `${parts.join(', ')}, e.g. ${example}. The project itself is whole without them.`
}

function counted(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`
}

/** Follows a step of the verification. */
function counting(step: string, total: number | null, { signal, onProgress }: Verifying): Watch & { count(): number } {
  let done = 0
  return {
    count: () => done,
    step: async (count) => {
      done += count
      onProgress(step, done, total)
      await new Promise(setImmediate)
      signal.throwIfAborted()
    },
  }
}

function documentOf(path: string, { writer, checked, photos, notes, broken }: Report): ProjectVerification {
  const told = broken && { ...broken, hint: broken.hint ?? damageHint(path) }
  return { ok: broken === null, path, writer, checked, photos, notes, broken: told }
}
