import type { EngineClient } from '#common/contract/index.ts'
import type { ScoreAverage } from '#common/contract/procedures/running.ts'
import { averageColumns } from './average-columns.ts'
import type { CommandContext } from './command.ts'
import { followJob } from './follow-job.ts'
import { tableOf } from './rows.ts'

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
