import { defineStore } from 'pinia'
import { watch } from 'vue'
import type { EngineClient } from '#common/contract/index.ts'
import type { DetectorRequest } from '#common/contract/procedures/detecting.ts'
import type { ModelRequest } from '#common/contract/procedures/models.ts'
import { text } from '../messages/i18n.ts'
import { useConnection } from './connection.ts'
import { useJobs, type OnProgress } from './jobs.ts'
import { useProject } from './project.ts'
import { useToasts } from './toasts.ts'

/** a run that takes the engine with it so often is set aside */
const maxRestarts = 2

export interface DetectRequest {
  readonly detector: DetectorRequest
  /** 0…1; null: the detector's own */
  readonly minScore: number | null
  /** images that have masks are left out */
  readonly onlyMissing: boolean
}

type RunSpec = Parameters<EngineClient['run.start']>[0]['spec']
type DetectSpec = Parameters<EngineClient['detect.start']>[0]['spec']

interface JobEnd {
  readonly state: string
  readonly failures: readonly unknown[]
  readonly notes: readonly string[]
}
type WatchJob = (onEvent: OnProgress) => Promise<JobEnd>

/** Work on a project that the engine keeps a job for. */
interface ProjectWork {
  readonly title: string
  readonly start: (project: number) => Promise<number>
  readonly watch: (project: number, job: number, onEvent: OnProgress) => Promise<JobEnd>
  /** what is said at its end */
  readonly done: (end: JobEnd) => { readonly title: string; readonly detail?: string }
}

/** Long work on the open project that the engine keeps a job for: it goes on without this window. */
export const useProjectJobs = defineStore('project jobs', () => {
  const connection = useConnection()
  const project = useProject()
  const jobs = useJobs()
  const toasts = useToasts()

  /** jobs of the open project that this window follows */
  const followed = new Set<number>()

  /** Classifies, explains and scores all images of the open project. */
  async function run(models: readonly ModelRequest[], methods: readonly string[]): Promise<void> {
    await followRun({ models: [...models], methods: methods.map((method) => ({ method })) })
  }

  async function followRun(spec: RunSpec): Promise<void> {
    await work({
      title: text('jobs.run'),
      start: async (handle) => (await connection.client['run.start']({ project: handle, spec })).job,
      watch: (handle, job, onEvent) => connection.client['job.watch']({ project: handle, job }, { onEvent }),
      done: ({ failures }) => {
        jobs.sampleModels = []
        return { title: text('jobs.runDone', failures.length) }
      },
    })
  }

  /** Gives the images of the open project masks of the objects that a detector finds. */
  async function detect(spec: DetectSpec): Promise<void> {
    await work({
      title: text('jobs.detect'),
      start: async (handle) => (await connection.client['detect.start']({ project: handle, spec })).job,
      watch: (handle, job, onEvent) => connection.client['detect.watch']({ project: handle, job }, { onEvent }),
      done: ({ failures, notes }) => ({
        title: text('jobs.detectDone', failures.length),
        detail: notes.map((note) => `${note}.`).join(' '),
      }),
    })
  }

  /** Follows work of the engine's own, which goes on without this window; a cancel asks the engine to stop it. */
  async function work({ title, start, watch, done }: ProjectWork): Promise<void> {
    let job = await start(project.requireHandle())
    followed.add(job)
    let isStopped = false
    const stop = (): void => {
      isStopped = true
      project
        .ask((handle) => connection.client['job.cancel']({ project: handle, job }))
        .catch((error: unknown) => toasts.addError(text('jobs.notCancelled'), error))
    }
    const restart = async (): Promise<boolean> => {
      if (isStopped) return false
      job = await project.persist(start)
      followed.add(job)
      return true
    }
    const watchNow: WatchJob = (onEvent) => project.ask((handle) => watch(handle, job, onEvent))
    await jobs.follow(title, (onEvent) => watchWork(watchNow, { restart, done, onEvent }), stop)
  }

  /** Follows what the engine is at for the open project: a window that was loaded again did not start it. */
  async function followRunning(): Promise<void> {
    followed.clear()
    const { jobs: running } = await project.ask((handle) => connection.client['jobs.running']({ project: handle }))
    for (const job of running) {
      if (followed.has(job.id)) continue
      const isRun = job.kind === 'run'
      void jobs.attempt(text(isRun ? 'run.notRun' : 'detect.failed'), () =>
        isRun ? followRun(job.spec) : detect(job.spec),
      )
    }
  }

  // a window that only reads could not stop them
  watch(
    () => (project.isWritable ? project.path : null),
    (path) => {
      if (path === null) return
      followRunning().catch((error: unknown) => toasts.addError(text('jobs.notFollowed'), error))
    },
  )

  /** Follows work to its end, also over an engine that is started again: it goes on from its last finished image. */
  async function watchWork(
    follow: WatchJob,
    { restart, done, onEvent }: Pick<ProjectWork, 'done'> & { restart: () => Promise<boolean>; onEvent: OnProgress },
  ): Promise<void> {
    let end = await follow(onEvent)
    for (let n = 0; end.state === 'interrupted' && n < maxRestarts; n++) {
      if (!(await restart())) break
      end = await follow(onEvent)
    }
    await jobs.reload()
    const kept = text('jobs.kept')
    if (end.state === 'done') toasts.add({ kind: 'done', ...done(end) })
    else if (end.state === 'cancelled') toasts.add({ kind: 'note', title: text('jobs.cancelled'), detail: kept })
    else toasts.add({ kind: 'error', title: text('jobs.runStopped'), detail: kept })
  }

  return { run, detect }
})
