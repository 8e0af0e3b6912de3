import type { EngineHandlers } from '#common/contract/index.ts'
import { AppError } from '#common/contract/errors.ts'
import type { Handler, Link, StreamProcedure } from '#common/contract/rpc.ts'

type OpeningProcedures = Pick<EngineHandlers, 'project.create' | 'project.open' | 'project.close'>

interface SessionOptions {
  /** ends one use of a project */
  readonly leave: (project: number) => Promise<void>
  /** whether work goes on in a project, which is not stopped because a window is gone */
  readonly isBusy: (project: number) => boolean
  /** how long a project stays open after the connection that opened it: a page that is loaded again finds it */
  readonly graceMs: number
  /** ms UTC */
  readonly now: () => number
  /** takes what cannot be told to anybody else */
  readonly log: (line: string) => void
}

/** The living connection that may write a project. */
interface Writer {
  readonly link: Link
  readonly since: number
}

/** Pictures are asked for by the host that serves the page, which opens no project. */
const forAnyConnection: ReadonlySet<string> = new Set<keyof EngineHandlers>([
  'image.thumbnail',
  'image.outline',
  'image.tile',
])

/**
 * Knows which connection has opened which projects: a project has one connection that writes, and it is closed some time
 * after its last connection is gone. Whoever opens such a project meanwhile takes it over.
 */
export class Sessions {
  readonly #options: SessionOptions
  /** by project */
  readonly #writers = new Map<number, Writer>()
  /** timers of uses that no connection has any more, by project */
  readonly #left = new Map<number, ReturnType<typeof setTimeout>[]>()
  #isDisposed = false

  constructor(options: SessionOptions) {
    this.#options = options
  }

  /** The handlers for one connection: it can use and close only what it has opened. */
  handlersFor<H extends OpeningProcedures>(link: Link, handlers: H): H {
    /** number of uses by project */
    const uses = new Map<number, number>()
    let isGone = false
    const keep = async (project: number): Promise<{ project: number }> => {
      await this.#takeOver(project)
      if (isGone) this.#leaveLater(project)
      else uses.set(project, (uses.get(project) ?? 0) + 1)
      return { project }
    }
    link.onClose(() => {
      isGone = true
      for (const [project, n] of uses) {
        this.#stopWriting(project, link)
        for (let i = 0; i < n; i++) this.#leaveLater(project)
      }
      uses.clear()
    })
    const opening: OpeningProcedures = {
      'project.create': async (input, context) => {
        const { project } = await handlers['project.create'](input, context)
        if (!isGone) await this.#beginWriting(project, link, input.path)
        return keep(project)
      },
      'project.open': async (input, context) => {
        const { project } = await handlers['project.open'](input, context)
        if (input.mode === 'write' && !isGone) await this.#beginWriting(project, link, input.path)
        return keep(project)
      },
      'project.close': (input, context) => {
        if (isGone) return Promise.resolve({}) // it is closed when its time has run out
        const n = uses.get(input.project) ?? 0
        if (n === 0) return Promise.reject(notOpenedHere(input.project))
        if (n > 1) uses.set(input.project, n - 1)
        else {
          uses.delete(input.project)
          this.#stopWriting(input.project, link)
        }
        return handlers['project.close'](input, context)
      },
    }
    return { ...ownOnly(handlers, (project) => uses.has(project)), ...opening }
  }

  /** Forgets what is left; the projects are the engine's to close. */
  dispose(): void {
    this.#isDisposed = true
    for (const timer of [...this.#left.values()].flat()) clearTimeout(timer)
    this.#left.clear()
  }

  /** @throws AppError 'project.locked' where another living connection writes; this use has ended then */
  async #beginWriting(project: number, link: Link, path: string): Promise<void> {
    const { leave, now } = this.#options
    const writer = this.#writers.get(project)
    if (writer === undefined) this.#writers.set(project, { link, since: now() })
    else if (writer.link !== link) {
      await leave(project)
      throw openInAnotherWindow(path, writer.since)
    }
  }

  #stopWriting(project: number, link: Link): void {
    if (this.#writers.get(project)?.link === link) this.#writers.delete(project)
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

type AnyHandler = Handler<StreamProcedure>

/** Lets a call through where this connection has opened the project that it names. */
function ownOnly<H extends object>(handlers: H, isOwn: (project: number) => boolean): H {
  const wrap = (handler: AnyHandler): AnyHandler => {
    return (input, context) => {
      const { project } = input as { readonly project?: unknown }
      if (typeof project === 'number' && !isOwn(project)) return Promise.reject(notOpenedHere(project))
      return handler(input, context)
    }
  }
  return Object.fromEntries(
    Object.entries(handlers).map(([name, handler]) => [
      name,
      forAnyConnection.has(name) ? (handler as AnyHandler) : wrap(handler as AnyHandler),
    ]),
  ) as unknown as H
}

function openInAnotherWindow(path: string, lockedAt: number): AppError {
  return new AppError('project.locked', `${path} is open for writing in another window of this program`, {
    hint: 'Nothing was changed. Close it in the other window first, or open it here for reading.',
    data: { path, lockedAt, isWindow: true },
  })
}

function notOpenedHere(project: number): AppError {
  return new AppError('record.missing', `no open project has the handle ${project}`, {
    hint: 'Open the project again.',
  })
}
