import { randomInt } from 'node:crypto'
import { AppError } from '#common/contract/errors.ts'
import type { Project } from '#main/project/project.ts'

interface OpenProject {
  readonly project: Project
  /** names file and mode; null: nobody else can share it */
  readonly key: string | null
  /** how often it was opened and not closed again */
  nUses: number
  readonly closing: AbortController
  /** calls under way that use it */
  readonly calls: Set<Promise<unknown>>
}

/** The projects that are open, by handle. */
export class OpenProjects {
  readonly #projects = new Map<number, OpenProject>()
  /** closings under way */
  readonly #closings = new Set<Promise<void>>()
  /** what is being opened, or else closed, now, by key */
  readonly #changing = new Map<string, Promise<unknown>>()
  /** by chance, so that pictures kept under the handles of an earlier engine are not taken for those of this one */
  #nextHandle = randomInt(1, 1e8)

  add(project: Project, key: string | null = null): number {
    const handle = this.#nextHandle++
    this.#projects.set(handle, { project, key, nUses: 1, closing: new AbortController(), calls: new Set() })
    return handle
  }

  /** Uses the project of a key once more, or opens it; it is opened once, however many ask for it at the same time. */
  async share(key: string, open: () => Promise<Project>): Promise<number> {
    for (let change = this.#changing.get(key); change; change = this.#changing.get(key)) {
      await change.catch(() => undefined) // who asked for it hears of it
    }
    for (const [handle, project] of this.#projects) {
      if (project.key !== key) continue
      project.nUses++
      return handle
    }
    return this.#change(key, async () => this.add(await open(), key))
  }

  /**
   * Ends one use of a project.
   * @returns whether that was the last one, so that it should be closed now
   * @throws AppError 'record.missing'
   */
  leave(handle: number): boolean {
    const open = this.#find(handle)
    if (open.nUses === 0) throw notOpen(handle)
    return --open.nUses === 0
  }

  /** Whether somebody has opened it, and not closed it again. */
  isUsed(handle: number): boolean {
    return (this.#projects.get(handle)?.nUses ?? 0) > 0
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
    const close = (): Promise<void> => closeProject(open, beforeClose)
    const closing = open.key === null ? close() : this.#change(open.key, close)
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
    throw notOpen(handle)
  }

  async #change<T>(key: string, work: () => Promise<T>): Promise<T> {
    const change = work()
    this.#changing.set(key, change)
    try {
      return await change
    } finally {
      if (this.#changing.get(key) === change) this.#changing.delete(key)
    }
  }
}

function notOpen(handle: number): AppError {
  return new AppError('record.missing', `no open project has the handle ${handle}`, {
    hint: 'Open the project again.',
  })
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
