import { AppError } from '#common/contract/errors.ts'
import type { EngineClient } from '#common/contract/index.ts'
import type { ScoreAverage } from '#common/contract/procedures/running.ts'
import { averageColumns } from './average-columns.ts'
import type { CommandContext } from './command.ts'
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
  { engine, signal, messages }: CommandContext,
  project: number,
  spec: Spec,
): Promise<Pick<RunEnd, 'results' | 'failures'>> {
  const { job } = await engine['run.start']({ project, spec }, { signal })
  let stopped: Promise<unknown> = Promise.resolve()
  const stop = (): void => {
    stopped = engine['job.cancel']({ project, job })
  }
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  try {
    const { state, notes, ...end } = await engine['job.watch']({ project, job }, { onEvent: messages.progress })
    if (state !== 'done') throw runStopped()
    for (const note of notes) messages.note(note)
    return end
  } finally {
    signal.removeEventListener('abort', stop)
    await stopped
  }
}

function runStopped(): AppError {
  return new AppError('aborted', 'the run was stopped', {
    hint: 'What was done is kept; the same command goes on from there.',
  })
}

/** The score table of a run, for people. */
export function scoreTable(results: readonly ScoreAverage[]): readonly string[] {
  return results.length === 0 ? ['There is nothing to average.'] : tableOf(averageColumns)()(results)
}

/** The score table of a run, for programs. */
export function scoreRows(results: readonly ScoreAverage[]): Omit<ScoreAverage, 'options' | 'maskVariant' | 'lift'>[] {
  return results.map(({ model, method, variant, accuracy, avgObalex, interval, n, areaShare, excluded }) => {
    return { model, method, variant, accuracy, avgObalex, interval, n, areaShare, excluded }
  })
}
