import type { ClassMatching } from '#common/contract/procedures/classes.ts'
import { countImagesByLabel, getImage } from '#main/project/image-repository.ts'
import { listJobFailures, listJobs, type Job } from '#main/project/job-repository.ts'
import type { Project } from '#main/project/project.ts'
import { countRows } from '#main/project/row-counts.ts'
import type { ReportData, ReportFailure, ReportRun } from '#main/report/document.ts'

const pageSize = 500
/** Failures that are named; the rest is counted. */
const maxFailures = 50

/** What the project holds, and what its runs could not do. */
export async function reportData(project: Project, { objects }: ClassMatching): Promise<ReportData> {
  const labels = (await countImagesByLabel(project.read)).map(({ label, count: nImages }) => ({ label, nImages }))
  const jobs = await runJobs(project)
  return {
    nImages: labels.reduce((sum, { nImages }) => sum + nImages, 0),
    // the largest first; those without a label last
    labels: labels.sort((a, b) => Number(a.label === null) - Number(b.label === null) || b.nImages - a.nImages),
    masks: {
      nInstances: await countRows(project.read, 'instance_mask'),
      nRevisions: await countRows(project.read, 'mask_revision'),
      rule: objects.rule,
      categories: objects.categories,
    },
    runs: jobs.map(describeRun),
    failures: await firstFailures(project, jobs),
  }
}

/** The oldest first. */
async function runJobs(project: Project): Promise<Job[]> {
  const runs: Job[] = []
  for (let after: Job['id'] | undefined; ;) {
    const page: Job[] = await listJobs(project.read, { limit: pageSize, ...(after === undefined ? {} : { after }) })
    runs.push(...page.filter(({ kind }) => kind === 'run'))
    if (page.length < pageSize) return runs.reverse()
    after = page.at(-1)!.id
  }
}

function describeRun({ id, state, startedAt, finishedAt, done, total, failed }: Job): ReportRun {
  const finished = finishedAt === null ? null : new Date(finishedAt).toISOString()
  return { job: id, state, startedAt: new Date(startedAt).toISOString(), finishedAt: finished, done, total, failed }
}

async function firstFailures(project: Project, jobs: readonly Job[]): Promise<ReportFailure[]> {
  const failures: ReportFailure[] = []
  for (const { id: job, failed } of jobs) {
    if (failed === 0 || failures.length >= maxFailures) continue
    const limit = maxFailures - failures.length
    for (const { imageId, code, message } of await listJobFailures(project.read, job, { limit })) {
      const image = imageId === null ? null : (await getImage(project.read, imageId)).file
      failures.push({ job, image, code, message })
    }
  }
  return failures
}
