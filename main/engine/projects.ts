import { statSync } from 'node:fs'
import type { EngineHandlers } from '#common/contract/index.ts'
import { countImagesByLabel, listFolders } from '#main/project/image-repository.ts'
import { countRunningJobs, interruptAbandonedJobs } from '#main/project/job-repository.ts'
import { createProject, openProject } from '#main/project/open.ts'
import type { Project } from '#main/project/project.ts'
import { countRows } from '#main/project/row-counts.ts'
import type { Schema } from '#main/project/schema.ts'
import type { Services } from './services.ts'

type OpeningProcedures = Pick<EngineHandlers, 'project.create' | 'project.open' | 'project.close'>

/** Those who open the same file share one project; which of them may write it, `Sessions` says. */
export function projectHandlers(services: Services): OpeningProcedures {
  const { projects, backups, recent, now, version } = services
  return {
    'project.create': async ({ path }) => {
      const project = await createProject(path, { now, createdBy: `ObAlEx Workstation ${version}` })
      backups.watch(project)
      await recent.add(project.path)
      return { project: projects.add(project, shareKey(path, 'write')) }
    },

    'project.open': async ({ path, mode }) => {
      const open = async (): Promise<Project> => {
        const project = await openProject(path, { mode, now })
        if (mode === 'write') await endAbandonedJobs(project, now)
        backups.watch(project)
        return project
      }
      const key = shareKey(path, mode)
      const project = key === null ? projects.add(await open()) : await projects.share(key, open)
      await recent.add(projects.get(project).path)
      return { project }
    },

    'project.close': async ({ project }) => {
      await leaveProject(services, project)
      return {}
    },
  }
}

/** Ends one use of an open project, and closes it after the last one. @throws AppError 'record.missing' */
export async function leaveProject({ projects, jobs, backups }: Services, handle: number): Promise<void> {
  if (!projects.leave(handle)) return
  // who follows a job hears how it ended before the project is closed
  await jobs.stopProject(projects.get(handle))
  if (projects.isUsed(handle)) return // opened again meanwhile
  await projects.close(handle, async (closing) => {
    await jobs.stopProject(closing)
    await backups.finish(closing)
  })
}

/** Names a file by what it is, not by its path, which may lead to another one later; null where there is none. */
function shareKey(path: string, mode: 'read' | 'write'): string | null {
  try {
    const { dev, ino } = statSync(path, { bigint: true })
    return `${mode} ${dev} ${ino}`
  } catch {
    return null // opening it says why
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
