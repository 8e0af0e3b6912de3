import type { EngineHandlers } from '#common/contract/index.ts'
import { AppError } from '#common/contract/errors.ts'
import type { Link } from '#common/contract/rpc.ts'

interface SessionOptions {
  /** ends one use of a project */
  readonly leave: (project: number) => Promise<void>
  /** whether work goes on in a project, which is not stopped because a window is gone */
  readonly isBusy: (project: number) => boolean
  /** how long a project stays open after the connection that opened it: a page that is loaded again finds it */
  readonly graceMs: number
  /** takes what cannot be told to anybody else */
  readonly log: (line: string) => void
}

/**
 * Knows which connection has opened which projects, so that they are closed some time after the connection is gone.
 * Whoever opens such a project meanwhile takes it over.
 */
export class Sessions {
  readonly #options: SessionOptions
  /** timers of uses that no connection has any more, by project */
  readonly #left = new Map<number, ReturnType<typeof setTimeout>[]>()
  #isDisposed = false

  constructor(options: SessionOptions) {
    this.#options = options
  }

  /** The handlers for one connection: it can close only what it has opened. */
  handlersFor(link: Link, handlers: EngineHandlers): EngineHandlers {
    /** number of uses by project */
    const uses = new Map<number, number>()
    let isGone = false
    const keep = async <T extends { readonly project: number }>(opening: Promise<T>): Promise<T> => {
      const opened = await opening
      await this.#takeOver(opened.project)
      if (isGone) this.#leaveLater(opened.project)
      else uses.set(opened.project, (uses.get(opened.project) ?? 0) + 1)
      return opened
    }
    link.onClose(() => {
      isGone = true
      for (const [project, n] of uses) for (let i = 0; i < n; i++) this.#leaveLater(project)
    })
    return {
      ...handlers,
      'project.create': (input, context) => keep(handlers['project.create'](input, context)),
      'project.open': (input, context) => keep(handlers['project.open'](input, context)),
      'project.close': (input, context) => {
        const n = uses.get(input.project) ?? 0
        if (n === 0) return Promise.reject(notOpenedHere(input.project))
        if (n === 1) uses.delete(input.project)
        else uses.set(input.project, n - 1)
        return handlers['project.close'](input, context)
      },
    }
  }

  /** Forgets what is left; the projects are the engine's to close. */
  dispose(): void {
    this.#isDisposed = true
    for (const timer of [...this.#left.values()].flat()) clearTimeout(timer)
    this.#left.clear()
  }

  /** Ends the uses that connections left behind: somebody else keeps the project open now. */
  async #takeOver(project: number): Promise<void> {
    const timers = this.#left.get(project) ?? []
    this.#left.delete(project)
    for (const timer of timers) {
      clearTimeout(timer)
      await this.#options.leave(project)
    }
  }

  #leaveLater(project: number): void {
    if (this.#isDisposed) return
    const { graceMs, isBusy, leave, log } = this.#options
    const timer = setTimeout(() => {
      this.#left.set(
        project,
        this.#left.get(project)!.filter((other) => other !== timer),
      )
      if (isBusy(project)) this.#leaveLater(project)
      else leave(project).catch((error: unknown) => log(`a project was not closed: ${String(error)}`))
    }, graceMs).unref()
    this.#left.set(project, [...(this.#left.get(project) ?? []), timer])
  }
}

function notOpenedHere(project: number): AppError {
  return new AppError('record.missing', `no open project has the handle ${project}`, {
    hint: 'Open the project again.',
  })
}
