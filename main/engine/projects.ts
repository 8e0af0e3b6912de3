import type { EngineHandlers } from '#common/contract/index.ts'
import { countImagesByLabel, listFolders } from '#main/project/image-repository.ts'
import { countRunningJobs, interruptAbandonedJobs } from '#main/project/job-repository.ts'
import { createProject, openProject } from '#main/project/open.ts'
import type { Project } from '#main/project/project.ts'
import { countRows } from '#main/project/row-counts.ts'
import type { Schema } from '#main/project/schema.ts'
import type { Services } from './services.ts'

type OpeningProcedures = Pick<EngineHandlers, 'project.create' | 'project.open' | 'project.close'>

export function projectHandlers({ projects, jobs, backups, now, version }: Services): OpeningProcedures {
  return {
    'project.create': async ({ path }) => {
      const project = await createProject(path, { now, createdBy: `ObAlEx Workstation ${version}` })
      backups.watch(project)
      return { project: projects.add(project) }
    },

    'project.open': async ({ path, mode }) => {
      const project = await openProject(path, { mode, now })
      if (mode === 'write') await endAbandonedJobs(project, now)
      backups.watch(project)
      return { project: projects.add(project) }
    },

    'project.close': async ({ project }) => {
      // who follows a job hears how it ended before the project is closed
      await jobs.stopProject(projects.get(project))
      await projects.close(project, async (closing) => {
        await jobs.stopProject(closing)
        await backups.finish(closing)
      })
      return {}
    },
  }
}

export function projectReaders({ projects }: Services): Pick<EngineHandlers, 'project.describe'> {
  return {
    'project.describe': async ({ project: handle }) => {
      const project = projects.get(handle)
      const labels = await countImagesByLabel(project.read)
      const count = (table: keyof Schema): Promise<number> => countRows(project.read, table)
      return {
        path: project.path,
        ...project.info,
        isWritable: project.mode === 'write',
        nImages: labels.reduce((sum, { count: n }) => sum + n, 0),
        nInstances: await count('instance_mask'),
        nModels: await count('model'),
        nPredictions: await count('prediction'),
        nExplanations: await count('explanation'),
        nScores: await count('score'),
        nAuditEntries: await count('audit_log'),
        labels: labels.map(({ label, count: nImages }) => ({ label, nImages })),
        folders: [...(await listFolders(project.read)).values()],
      }
    },
  }
}

/** Jobs of a process that was killed say that they run; nobody runs them. */
async function endAbandonedJobs(project: Project, now: () => number): Promise<void> {
  if ((await countRunningJobs(project.read)) === 0) return
  await project.write(
    (jobIds: readonly number[]) => ({
      actor: 'program',
      action: 'job.interrupt',
      subject: 'project',
      data: { jobs: [...jobIds] },
    }),
    (trx) => interruptAbandonedJobs(trx, [], now()),
  )
}
