import type { ErrorCode } from '#common/contract/errors.ts'
import type { EngineHandlers } from '#common/contract/index.ts'
import type { JobId, ScoreId } from '#common/contract/ids.ts'
import type { JsonObject } from '#common/contract/canonical-json.ts'
import type { Failure } from '#common/contract/procedures/common.ts'
import { ModelRequest } from '#common/contract/procedures/models.ts'
import { RunSpec } from '#common/contract/procedures/running.ts'
import { explainerById } from '#main/explainers/registry.ts'
import { getImage } from '#main/project/image-repository.ts'
import { findJob, getJob, listJobFailures, resumeJob, startJob } from '#main/project/job-repository.ts'
import type { Project } from '#main/project/project.ts'
import { readClassMap } from './classes.ts'
import { runPipeline, type ParsedRunSpec } from './jobs/run-pipeline.ts'
import { averageProject, averageRun, listScoreRows } from './score-table.ts'
import type { Services } from './services.ts'

type RunProcedures = Pick<EngineHandlers, 'run.start' | 'job.watch' | 'job.cancel' | 'scores.average' | 'scores.list'>

const kind = 'run'

export function runHandlers(services: Services): RunProcedures {
  const { projects, jobs } = services
  return {
    'run.start': async ({ project: handle, spec }) => ({ job: await startRun(services, projects.get(handle), spec) }),

    'job.watch': async ({ project: handle, job }, { signal, emit }) => {
      const project = projects.get(handle)
      const jobId = job as JobId
      const end = await jobs.watch(project, jobId, { signal, onProgress: emit })
      if (end?.error) throw end.error
      const { state, spec } = await getJob(project.read, jobId)
      return {
        state,
        results: await averageRun(project, parseSpec(spec)),
        failures: await failuresOf(project, jobId),
        notes: [...(end?.notes ?? [])],
      }
    },

    'job.cancel': async ({ project, job }) => {
      await jobs.cancel(projects.get(project), job as JobId)
      return {}
    },

    'scores.average': async ({ project, by }) => ({
      rows: await averageProject(projects.get(project), by),
    }),

    'scores.list': async ({ project, after, limit }) =>
      listScoreRows(projects.get(project), { after: after as ScoreId | null, limit }),
  }
}

/** Starts a run, takes up the same one that was stopped, or gives the one that is under way. */
async function startRun(services: Services, project: Project, spec: ParsedRunSpec): Promise<JobId> {
  const { jobs, compute, now } = services
  for (const { method } of spec.methods) explainerById(method)
  const classMap = spec.classMap === null ? undefined : await readClassMap(spec.classMap)
  const json = JSON.parse(JSON.stringify(spec)) as JsonObject
  const previous = await findJob(project.read, { kind, spec: json })
  if (previous && jobs.isRunning(project, previous.id)) return previous.id
  const canResume = previous !== null && previous.state !== 'done' && previous.state !== 'running'
  const jobId = await project.write(
    (id: JobId) => ({
      actor: 'program',
      action: canResume ? 'job.resume' : 'job.start',
      subject: `job:${id}`,
      data: { spec: json },
    }),
    async (trx) => {
      if (!canResume) return startJob(trx, { kind, spec: json, total: null }, now())
      await resumeJob(trx, previous.id, now())
      return previous.id
    },
  )
  jobs.start(project, jobId, (context) => runPipeline({ project, compute, spec, classMap, now }, context))
  return jobId
}

function parseSpec(json: JsonObject): ParsedRunSpec {
  return RunSpec.parse({ ...json, models: (json['models'] as unknown[]).map((model) => ModelRequest.parse(model)) })
}

async function failuresOf(project: Project, jobId: JobId): Promise<Failure[]> {
  const failures: Failure[] = []
  let after = 0
  for (;;) {
    const page = await listJobFailures(project.read, jobId, { after, limit: 1000 })
    for (const { imageId, code, message } of page) {
      const image = imageId === null ? '' : (await getImage(project.read, imageId)).file
      failures.push({ image, code: code as ErrorCode, message })
    }
    if (page.length < 1000) return failures
    after = page.at(-1)!.id
  }
}
