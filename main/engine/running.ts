import type { z } from 'zod'
import { AppError, type ErrorPayload } from '#common/contract/errors.ts'
import type { EngineContract, EngineHandlers } from '#common/contract/index.ts'
import type { JobId, ScoreId } from '#common/contract/ids.ts'
import type { JsonObject } from '#common/contract/canonical-json.ts'
import { DetectSpec } from '#common/contract/procedures/detecting.ts'
import { RunSpec } from '#common/contract/procedures/running.ts'
import { SerialQueue } from '#main/compute/serial-queue.ts'
import { explainerById, requireVariant } from '#main/explainers/registry.ts'
import { getJob, type Job } from '#main/project/job-repository.ts'
import type { Project } from '#main/project/project.ts'
import { readClassMap } from './classes.ts'
import { completeOptions } from './complete-options.ts'
import { failuresOfJob } from './jobs/failures-of-job.ts'
import type { JobRunner, Watching } from './jobs/job-runner.ts'
import { runPipeline, type ParsedRunSpec } from './jobs/run-pipeline.ts'
import { startOrResume } from './jobs/start-or-resume.ts'
import { averageProject, averageRun, listScoreRows } from './score-table.ts'
import type { Services } from './services.ts'

type RunProcedures = Pick<
  EngineHandlers,
  'run.start' | 'job.watch' | 'job.cancel' | 'jobs.running' | 'scores.average' | 'scores.list'
>

const kind = 'run'

export function runHandlers(services: Services): RunProcedures {
  const { projects, jobs } = services
  // one start after the other, so that two of the same run find each other
  const starts = new SerialQueue()
  return {
    'run.start': async ({ project, spec }) => ({
      job: await starts.run(() => startRun(services, projects.get(project), spec)),
    }),

    'job.watch': async ({ project, job }, context) =>
      watchRun(
        jobs,
        { project: projects.get(project), jobId: job as JobId },
        {
          signal: context.signal,
          onProgress: (progress) => context.emit(progress),
        },
      ),

    'jobs.running': async ({ project: handle }) => {
      const project = projects.get(handle)
      const rows = await Promise.all(jobs.running(project).map((id) => getJob(project.read, id)))
      return { jobs: rows.flatMap(followable) }
    },

    'job.cancel': async ({ project: handle, job }) => {
      const project = projects.get(handle)
      const { id } = await getJob(project.read, job as JobId)
      await jobs.cancel(project, id)
      return {}
    },

    'scores.average': async ({ project, by }) => ({
      rows: await averageProject(projects.get(project), by),
    }),

    'scores.list': async ({ project, after, limit }) =>
      listScoreRows(projects.get(project), { after: after as ScoreId | null, limit }),
  }
}

type Followable = z.input<EngineContract['jobs.running']['output']>['jobs'][number]

/** What a window needs to follow a job; none of a kind that no window starts. */
function followable({ id, kind: what, spec }: Job): Followable[] {
  if (what === kind) return [{ id, kind, spec: RunSpec.parse(spec) }]
  return what === 'detect' ? [{ id, kind: what, spec: DetectSpec.parse(spec) }] : []
}

/** Starts a run, takes up the same one that was stopped, or gives the one that is under way. */
async function startRun(services: Services, project: Project, spec: ParsedRunSpec): Promise<JobId> {
  const { jobs, compute, speeds, now } = services
  for (const { method, options } of spec.methods) {
    requireVariant(explainerById(method), spec.variant)
    completeOptions(method, options)
  }
  const classMap = spec.classMap === null ? undefined : await readClassMap(spec.classMap)
  const json = JSON.parse(JSON.stringify(spec)) as JsonObject
  return startOrResume(
    { project, jobs, now },
    { kind, spec: json, run: (context) => runPipeline({ project, compute, speeds, spec, classMap, now }, context) },
  )
}

/** @throws the error that the run stopped at */
async function watchRun(
  jobs: JobRunner,
  { project, jobId }: { readonly project: Project; readonly jobId: JobId },
  watching: Watching,
): ReturnType<EngineHandlers['job.watch']> {
  const end = await jobs.watch(project, jobId, watching)
  if (end?.state === 'failed') throw end.error
  const { state, spec, error } = await getJob(project.read, jobId)
  if (state === 'failed' && error !== null) throw AppError.fromPayload(error as unknown as ErrorPayload)
  const outcome = end?.state === 'done' ? end.outcome : undefined
  return {
    state,
    results: await averageRun(project, RunSpec.parse(spec), outcome?.modelIds),
    failures: await failuresOfJob(project, jobId),
    notes: [...(outcome?.notes ?? [])],
  }
}
