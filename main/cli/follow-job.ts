import { AppError } from '#common/contract/errors.ts'
import type { CommandContext } from './command.ts'

/**
 * Follows a job of a project to its end, with its notes; Ctrl+C stops it after the image under way.
 * @param watch follows it: 'job.watch' or its like
 * @throws AppError 'aborted' where it was stopped, whoever stopped it
 */
export async function followJob<End extends { readonly state: string; readonly notes: readonly string[] }>(
  { engine, signal, messages }: CommandContext,
  { project, job }: { readonly project: number; readonly job: number },
  watch: () => Promise<End>,
): Promise<End> {
  let stopped: Promise<unknown> = Promise.resolve()
  const stop = (): void => {
    stopped = engine['job.cancel']({ project, job })
  }
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  try {
    const end = await watch()
    if (end.state !== 'done') throw jobStopped()
    for (const note of end.notes) messages.note(note)
    return end
  } finally {
    signal.removeEventListener('abort', stop)
    await stopped
  }
}

function jobStopped(): AppError {
  return new AppError('aborted', 'the run was stopped', {
    hint: 'What was done is kept; the same command goes on from there.',
  })
}
