import { AppError, type ErrorPayload } from '#common/contract/errors.ts'
import type { JsonObject } from '#common/contract/canonical-json.ts'
import type { EngineHandlers } from '#common/contract/index.ts'
import type { JobId } from '#common/contract/ids.ts'
import { SerialQueue } from '#main/compute/serial-queue.ts'
import { getJob } from '#main/project/job-repository.ts'
import { runDetectPipeline } from './jobs/detect-pipeline.ts'
import { failuresOfJob } from './jobs/failures-of-job.ts'
import { startOrResume } from './jobs/start-or-resume.ts'
import type { Services } from './services.ts'

/** Masks for the images of a project, from a detector. */
export function detectingObjectsHandlers({
  projects,
  jobs,
  compute,
  now,
}: Services): Pick<EngineHandlers, 'detect.start' | 'detect.watch'> {
  // one start after the other, so that two of the same work find each other
  const starts = new SerialQueue()
  return {
    'detect.start': ({ project: handle, spec }) =>
      starts.run(async () => {
        const project = projects.get(handle)
        const json = JSON.parse(JSON.stringify(spec)) as JsonObject
        const run = runDetectPipeline.bind(null, { project, compute, spec, now })
        return { job: await startOrResume({ project, jobs, now }, { kind: 'detect', spec: json, run }) }
      }),

    'detect.watch': async ({ project: handle, job }, { signal, emit }) => {
      const project = projects.get(handle)
      const jobId = job as JobId
      const end = await jobs.watch(project, jobId, { signal, onProgress: emit })
      if (end?.state === 'failed') throw end.error
      const { state, done, error } = await getJob(project.read, jobId)
      if (state === 'failed' && error !== null) throw AppError.fromPayload(error as unknown as ErrorPayload)
      const notes = end?.state === 'done' ? [...end.outcome.notes] : []
      return { state, nImages: done, failures: await failuresOfJob(project, jobId), notes }
    },
  }
}
