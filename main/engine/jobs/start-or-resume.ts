import type { JsonObject } from '#common/contract/canonical-json.ts'
import type { JobId } from '#common/contract/ids.ts'
import { findJob, resumeJob, startJob } from '#main/project/job-repository.ts'
import type { Project } from '#main/project/project.ts'
import type { JobContext, JobOutcome, JobRunner } from './job-runner.ts'

interface Work {
  readonly kind: string
  /** what was asked for: the same is the same work */
  readonly spec: JsonObject
  readonly run: (context: JobContext) => Promise<JobOutcome>
}

/**
 * Starts work on a project, takes up the same work that was stopped, or gives the job that does it already. Calls must
 * come one after the other.
 */
export async function startOrResume(
  { project, jobs, now }: { readonly project: Project; readonly jobs: JobRunner; readonly now: () => number },
  { kind, spec, run }: Work,
): Promise<JobId> {
  const previous = await findJob(project.read, { kind, spec })
  if (previous && jobs.isRunning(project, previous.id)) return previous.id
  const canResume = previous !== null && previous.state !== 'done' && previous.state !== 'running'
  const jobId = await project.write(
    (id: JobId) => ({
      actor: 'program',
      action: canResume ? 'job.resume' : 'job.start',
      subject: `job:${id}`,
      data: { spec },
    }),
    async (trx) => {
      if (!canResume) return startJob(trx, { kind, spec, total: null }, now())
      await resumeJob(trx, previous.id, now())
      return previous.id
    },
  )
  jobs.start(project, jobId, run)
  return jobId
}
