import { AppError } from '#common/contract/errors.ts'
import type { JobId, ModelId } from '#common/contract/ids.ts'
import type { Progress } from '#common/contract/procedures/common.ts'
import { untilAborted } from '#main/compute/until-aborted.ts'
import { finishJob } from '#main/project/job-repository.ts'
import type { Project } from '#main/project/project.ts'

/** What the work of a job is given. */
export interface JobContext {
  readonly jobId: JobId
  readonly signal: AbortSignal
  readonly report: (progress: Progress) => void
}

/** How a job is followed. */
export interface Watching {
  /** stops the following */
  readonly signal: AbortSignal
  readonly onProgress: (progress: Progress) => void
}

interface RunningJob {
  readonly project: Project
  readonly jobId: JobId
  readonly controller: AbortController
  readonly watchers: Set<(progress: Progress) => void>
  readonly ended: Promise<JobEnd>
  latest: Progress | undefined
}

/** What a job leaves beside what it put into the project. */
export interface JobOutcome {
  /** what the user should know beside the results */
  readonly notes: readonly string[]
  /** the models that it worked with */
  readonly modelIds: readonly ModelId[]
}

/** How a job ended. */
type JobEnd =
  | { readonly state: 'done'; readonly outcome: JobOutcome }
  | { readonly state: 'cancelled' }
  | { readonly state: 'failed'; readonly error: AppError }

/**
 * Runs long work that outlives the call that started it. The job's row says how far it is; what it finished is in the
 * project, so that after a kill the same work started again goes on from there.
 */
export class JobRunner {
  readonly #running = new Map<string, RunningJob>()
  readonly #ended = new Map<string, JobEnd>()
  readonly #now: () => number
  readonly #log: (line: string) => void

  constructor(options: { readonly now: () => number; readonly log: (line: string) => void }) {
    this.#now = options.now
    this.#log = options.log
  }

  /** Starts work under a job row that says `running`. */
  start(project: Project, jobId: JobId, work: (context: JobContext) => Promise<JobOutcome>): void {
    const controller = new AbortController()
    const watchers = new Set<(progress: Progress) => void>()
    const key = keyOf(project, jobId)
    const report = (progress: Progress): void => {
      job.latest = progress
      for (const watcher of watchers) watcher(progress)
    }
    const ended = this.#run(project, { jobId, signal: controller.signal, report }, work)
    const job: RunningJob = { project, jobId, controller, watchers, ended, latest: undefined }
    this.#running.set(key, job)
    void ended.then((end) => {
      this.#ended.set(key, end)
      this.#running.delete(key)
    })
  }

  isRunning(project: Project, jobId: JobId): boolean {
    return this.#running.has(keyOf(project, jobId))
  }

  /** The jobs that run on a project, in the order in which they were started. */
  running(project: Project): JobId[] {
    return [...this.#running.values()].filter((job) => job.project === project).map(({ jobId }) => jobId)
  }

  /** Whether any job runs on a project. */
  isBusy(project: Project): boolean {
    return this.running(project).length > 0
  }

  /**
   * Follows a job to its end; an abort stops the following, not the job.
   * @returns undefined where it did not run in this engine
   */
  async watch(project: Project, jobId: JobId, { signal, onProgress }: Watching): Promise<JobEnd | undefined> {
    const key = keyOf(project, jobId)
    const job = this.#running.get(key)
    if (!job) return this.#ended.get(key)
    if (job.latest) onProgress(job.latest)
    job.watchers.add(onProgress)
    try {
      return await untilAborted(job.ended, signal)
    } finally {
      job.watchers.delete(onProgress)
    }
  }

  /** Stops a job after the batch under way and waits for it. */
  async cancel(project: Project, jobId: JobId): Promise<void> {
    const job = this.#running.get(keyOf(project, jobId))
    job?.controller.abort()
    await job?.ended
  }

  /** Stops the jobs of all projects. */
  async stopAll(): Promise<void> {
    await this.#stop([...this.#running.values()])
  }

  /** Stops the jobs of a project that is going to be closed, and forgets how its earlier ones ended. */
  async stopProject(project: Project): Promise<void> {
    await this.#stop([...this.#running.values()].filter((job) => job.project === project))
    for (const key of this.#ended.keys()) if (key.endsWith(`:${project.path}`)) this.#ended.delete(key)
  }

  async #stop(jobs: readonly RunningJob[]): Promise<void> {
    for (const job of jobs) job.controller.abort()
    await Promise.all(jobs.map((job) => job.ended))
  }

  async #run(
    project: Project,
    context: JobContext,
    work: (context: JobContext) => Promise<JobOutcome>,
  ): Promise<JobEnd> {
    await Promise.resolve() // so that the job is known before its work begins
    let end: JobEnd
    try {
      end = { state: 'done', outcome: await work(context) }
    } catch (error) {
      end = context.signal.aborted ? { state: 'cancelled' } : { state: 'failed', error: this.#asAppError(error) }
    }
    try {
      await this.#finish(project, context.jobId, end)
    } catch (error) {
      // the row stays `running` and is marked interrupted at the next opening; what went wrong is what the caller hears
      end = { state: 'failed', error: this.#asAppError(error) }
    }
    return end
  }

  async #finish(project: Project, jobId: JobId, end: JobEnd): Promise<void> {
    const { state } = end
    const error = end.state === 'failed' ? end.error.toPayload() : undefined
    await project.write(
      { actor: 'program', action: `job.${state}`, subject: `job:${jobId}`, data: error ? { code: error.code } : {} },
      (trx) => finishJob(trx, jobId, { state, now: this.#now(), ...(error ? { error } : {}) }),
    )
  }

  #asAppError(error: unknown): AppError {
    if (error instanceof AppError) return error
    const message = error instanceof Error ? error.message : String(error)
    this.#log(`job failed: ${error instanceof Error ? (error.stack ?? message) : message}`)
    return new AppError('job.failed', `the job stopped at an unexpected error: ${message}`, {
      hint: 'What was finished is kept; starting it again goes on from there.',
      cause: error,
    })
  }
}

/** By the file, not by the project's id: a backup that is open too has the same id. */
function keyOf(project: Project, jobId: JobId): string {
  return `${jobId}:${project.path}`
}
