import { AppError } from '#common/contract/errors.ts'
import type { Project } from '#main/project/project.ts'
import { rollBackup } from '#main/project/rolling-backup.ts'

interface RollingBackupsOptions {
  /** ms UTC */
  readonly now: () => number
  /** takes what the user should know */
  readonly note: (text: string) => void
  /** aborted once the process is to end soon: a backup can be made next time */
  readonly ending: AbortSignal
  /** how often a project is copied while it is open; for tests */
  readonly everyMs?: number
  /** how long closing a project waits for its copy; for tests */
  readonly limitMs?: number
}

interface Watched {
  readonly timer: ReturnType<typeof setInterval>
  latest: Promise<void>
}

/**
 * Keeps copies of the projects that are open for writing: when they are closed, and now and then in a long session. A
 * copy that cannot be made is told, and hinders nothing.
 */
export class RollingBackups {
  readonly #options: Required<RollingBackupsOptions>
  readonly #watched = new Map<Project, Watched>()

  constructor(options: RollingBackupsOptions) {
    this.#options = { everyMs: 30 * 60_000, limitMs: 30_000, ...options }
  }

  /** Looks after a project from now on. */
  watch(project: Project): void {
    if (project.mode !== 'write') return
    const timer = setInterval(() => this.#begin(project), this.#options.everyMs).unref()
    this.#watched.set(project, { timer, latest: Promise.resolve() })
  }

  /** Makes the last copy of a project that is going to be closed; never throws. */
  async finish(project: Project): Promise<void> {
    const watched = this.#watched.get(project)
    if (!watched) return
    clearInterval(watched.timer)
    this.#begin(project)
    this.#watched.delete(project)
    await watched.latest
  }

  /** One after the other: the second of two then finds that nothing has changed. */
  #begin(project: Project): void {
    const watched = this.#watched.get(project)!
    watched.latest = watched.latest.then(() => this.#roll(project))
  }

  async #roll(project: Project): Promise<void> {
    const { now, note, ending, limitMs } = this.#options
    const limit = AbortSignal.timeout(limitMs)
    const signal = AbortSignal.any([ending, limit])
    try {
      if (ending.aborted) return
      await rollBackup(project, { now: now(), signal })
    } catch (error) {
      if (!ending.aborted) note(failureNote(project.path, limit.aborted ? tooSlow(limitMs) : error))
    }
  }
}

function tooSlow(limitMs: number): AppError {
  return new AppError('aborted', `it took longer than ${limitMs / 1000} s`)
}

function failureNote(path: string, error: unknown): string {
  const { message, hint } = error instanceof AppError ? error : { message: String(error), hint: undefined }
  const kept = 'What was done is saved, and earlier backups are kept.'
  return `No rolling backup of ${path} was made: ${message}. ${kept}${hint === undefined ? '' : ` ${hint}`}`
}
