import { AppError } from '#common/contract/errors.ts'
import type { EngineClient } from '#common/contract/index.ts'
import type { ScoreAverage } from '#common/contract/procedures/running.ts'
import { averageColumns } from './average-columns.ts'
import type { CommandContext } from './command.ts'
import { followJob } from './follow-job.ts'
import { durationWords, sizeWords } from './progress.ts'
import { tableOf } from './rows.ts'
import { counted } from './table.ts'

type RunEnd = Awaited<ReturnType<EngineClient['job.watch']>>
type Spec = Parameters<EngineClient['run.start']>[0]['spec']

/**
 * Starts a run and follows it to its end, with progress and notes on the way; Ctrl+C stops the job after the image under
 * way.
 * @param project an open project
 * @throws AppError 'aborted' where the run was stopped, whoever stopped it
 */
export async function followRun(
  context: CommandContext,
  project: number,
  spec: Spec,
): Promise<Pick<RunEnd, 'results' | 'failures'>> {
  const { engine, signal, messages } = context
  const { job } = await engine['run.start']({ project, spec }, { signal })
  return followJob(context, { project, job }, () =>
    engine['job.watch']({ project, job }, { onEvent: messages.progress }),
  )
}

/** Says before a run starts what it will take, where anything is to be computed. What stops it is for the run to say. */
export async function tellEstimate(
  { engine, signal, messages }: CommandContext,
  project: number,
  spec: Spec,
): Promise<void> {
  messages.progress({ step: 'loading the classifiers', done: 0, total: null, etaMs: null })
  try {
    const { nMaps, seconds, bytes } = await engine['run.estimate']({ project, spec }, { signal })
    if (nMaps === 0) return
    const time =
      seconds === null ? 'how long it takes is not known before it ran here' : `about ${durationWords(1000 * seconds)}`
    messages.note(`${counted(nMaps, 'map')} to compute: ${time}; the project grows by about ${sizeWords(bytes)}`)
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'aborted') throw error
  }
}

/** The score table of a run, for people. */
export function scoreTable(results: readonly ScoreAverage[]): readonly string[] {
  return results.length === 0 ? ['There is nothing to average.'] : tableOf(averageColumns)()(results)
}

/** The score table of a run, for programs. */
export function scoreRows(
  results: readonly ScoreAverage[],
): Omit<ScoreAverage, 'modelId' | 'options' | 'maskVariant' | 'lift'>[] {
  return results.map(({ model, method, variant, accuracy, avgObalex, interval, n, areaShare, excluded, ...row }) => {
    const { pointingGame, relevanceRank, topK, auc } = row
    const metrics = { pointingGame, relevanceRank, topK, auc }
    return { model, method, variant, accuracy, avgObalex, interval, n, areaShare, ...metrics, excluded }
  })
}
