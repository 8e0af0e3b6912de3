import { AppError } from '#common/contract/errors.ts'
import type { Project } from '#main/project/project.ts'

interface OpenProject {
  readonly project: Project
  readonly closing: AbortController
  /** calls under way that use it */
  readonly calls: Set<Promise<unknown>>
}

/** The projects that are open, by handle. */
export class OpenProjects {
  readonly #projects = new Map<number, OpenProject>()
  /** closings under way */
  readonly #closings = new Set<Promise<void>>()
  #nextHandle = 1

  add(project: Project): number {
    const handle = this.#nextHandle++
    this.#projects.set(handle, { project, closing: new AbortController(), calls: new Set() })
    return handle
  }

  /** @throws AppError 'record.missing' */
  get(handle: number): Project {
    return this.#find(handle).project
  }

  /**
   * Runs a call that uses a project. The project stays open until the call has ended; where it is to be closed, the
   * call is cancelled.
   * @throws AppError 'record.missing'; 'aborted' where the project was closed before the call was done
   */
  async during<T>(handle: number, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { closing, calls } = this.#find(handle)
    const call = work(AbortSignal.any([signal, closing.signal]))
    calls.add(call)
    try {
      return await call
    } catch (cause) {
      if (signal.aborted || !closing.signal.aborted) throw cause
      throw new AppError('aborted', 'the project was closed before this was done', { cause })
    } finally {
      calls.delete(call)
    }
  }

  /** @param beforeClose runs when no call uses the project any more, and none can begin */
  async close(handle: number, beforeClose: (project: Project) => Promise<void>): Promise<void> {
    const open = this.#find(handle)
    this.#projects.delete(handle)
    const closing = closeProject(open, beforeClose)
    this.#closings.add(closing)
    try {
      await closing
    } finally {
      this.#closings.delete(closing)
    }
  }

  /** Closes all of them, also where one cannot be closed properly; that one's error is thrown at the end. */
  async dispose(beforeClose: (project: Project) => Promise<void>): Promise<void> {
    const outcomes = await Promise.allSettled([
      ...[...this.#projects.keys()].map((handle) => this.close(handle, beforeClose)),
      ...[...this.#closings].map((closing) => closing.catch(() => undefined)), // who asked for them hears of it
    ])
    const failed = outcomes.find((outcome) => outcome.status === 'rejected')
    if (failed) throw failed.reason
  }

  #find(handle: number): OpenProject {
    const open = this.#projects.get(handle)
    if (open) return open
    throw new AppError('record.missing', `no open project has the handle ${handle}`, {
      hint: 'Open the project again.',
    })
  }
}

async function closeProject(
  { project, closing, calls }: OpenProject,
  beforeClose: (project: Project) => Promise<void>,
): Promise<void> {
  closing.abort()
  await Promise.allSettled(calls)
  await beforeClose(project)
  await project.close()
}
