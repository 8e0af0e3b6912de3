import { AsyncLocalStorage } from 'node:async_hooks'
import type { Database } from 'better-sqlite3'
import { Kysely, type Transaction } from 'kysely'
import { AppError } from '#common/contract/errors.ts'
import { appendAudit, type AuditEntryInput } from './audit-log.ts'
import { stopLogging } from './connection.ts'
import { ProjectDialect, type QueryWatch } from './dialect.ts'
import { ownsLock, releaseLock } from './lock.ts'
import type { ProjectInfo } from './project-info.ts'
import type { Schema } from './schema.ts'
import { translateSqliteError } from './sqlite-errors.ts'

/** The connections of an open project; a project that is open for reading has no writer. */
export interface Connections {
  readonly reader: Database
  readonly writer: { readonly database: Database; readonly lockToken: string } | null
}

/** What a write gave, and what the audit log says of it. */
interface Written<T> {
  readonly result: T
  readonly entry: AuditEntryInput | null
}

/**
 * An open project. Reading goes through `read`, which sees only what is committed; writing through `write`, so that no
 * change is without its entry in the audit log, but for the strokes of masks (`writeStroke`): the entry of a review
 * names them all. Whoever opened it closes it.
 *
 * @example
 * const project = await openProject('cats.obalex', { mode: 'write', now: Date.now })
 * await project.write({ actor: 'Ada', action: 'image.relabel', subject: `image:${id}` }, (trx) =>
 *   updateImage(trx, id, { label: 'cat' }),
 * )
 * await project.close()
 */
export class Project {
  readonly path: string
  readonly info: ProjectInfo
  /** Committed data only. Its connection refuses to write. */
  readonly read: Kysely<Schema>
  readonly #connections: Connections
  readonly #writer: Kysely<Schema> | null
  readonly #now: () => number
  readonly #insideWrite = new AsyncLocalStorage<{ isOpen: boolean }>()
  #lastWrite: Promise<unknown> = Promise.resolve()
  #closing: Promise<void> | null = null

  constructor(
    connections: Connections,
    info: ProjectInfo,
    { now, ...watch }: QueryWatch & { readonly now: () => number },
  ) {
    const { reader, writer } = connections
    this.path = reader.name
    this.info = info
    this.read = new Kysely<Schema>({ dialect: new ProjectDialect(reader, watch) })
    this.#writer = writer && new Kysely<Schema>({ dialect: new ProjectDialect(writer.database, watch) })
    this.#connections = connections
    this.#now = now
  }

  get mode(): 'read' | 'write' {
    return this.#writer ? 'write' : 'read'
  }

  /**
   * Runs `work` in one transaction that ends with its audit entry: both are kept, or neither. Writes run one after the
   * other, in the order in which they were asked for.
   * @param entry may be made from what `work` gave, e.g. to name the rows it made; `write<Result>(…)` then names its type,
   *   which TypeScript cannot infer from an argument that comes later
   * @throws AppError 'project.read-only' in a project that is open for reading; 'project.locked' once another process
   *   has taken it over; 'file.unwritable' on a full disk; whatever `work` throws. Nothing is kept then.
   * @throws Error for a write inside the work of another, which would wait for itself, and after `close`
   */
  async write<T>(
    entry: AuditEntryInput | ((result: T) => AuditEntryInput),
    work: (trx: Transaction<Schema>) => Promise<T>,
  ): Promise<T> {
    return this.#inTurn(async (trx) => {
      const result = await work(trx)
      return { result, entry: typeof entry === 'function' ? entry(result) : entry }
    })
  }

  /**
   * Runs `work`, which appends to a stroke journal, in one transaction of its own. It has no entry in the audit log: a
   * painting hand makes several a second, and the entry of the review that they end in has the hash over all of them.
   * @throws as `write`
   */
  async writeStroke<T>(work: (trx: Transaction<Schema>) => Promise<T>): Promise<T> {
    return this.#inTurn(async (trx) => ({ result: await work(trx), entry: null }))
  }

  /**
   * Waits for the writes under way, gives the lock back and leaves a single file. Further calls do nothing more.
   * @throws AppError 'file.missing' where the file was moved or removed meanwhile, 'file.unwritable' on a full disk,
   *   where what is beside the file could not be brought into it; the project is closed, and nothing is lost
   */
  close(): Promise<void> {
    this.#closing ??= this.#lastWrite.then(async () => {
      await this.read.destroy()
      await this.#writer?.destroy()
      try {
        closeConnections(this.#connections)
      } catch (error) {
        throw closingError(error, this.path)
      }
    })
    return this.#closing
  }

  #inTurn<T>(work: (trx: Transaction<Schema>) => Promise<Written<T>>): Promise<T> {
    if (this.#insideWrite.getStore()?.isOpen) throw new Error('a write may not be started inside another one')
    if (this.#closing) throw new Error(`${this.path} is closed`)
    const write = this.#lastWrite.then(() => this.#writeNow(work))
    this.#lastWrite = write.catch(() => undefined)
    return write
  }

  async #writeNow<T>(work: (trx: Transaction<Schema>) => Promise<Written<T>>): Promise<T> {
    if (!this.#writer) throw readOnly(this.path)
    const state = { isOpen: true }
    try {
      return await this.#writer.transaction().execute(async (trx) => {
        this.#checkLock()
        const { result, entry } = await this.#insideWrite.run(state, work, trx)
        if (entry) await appendAudit(trx, entry, this.#now())
        return result
      })
    } finally {
      state.isOpen = false
    }
  }

  #checkLock(): void {
    const { writer } = this.#connections
    if (!writer || ownsLock(writer.database, writer.lockToken)) return
    throw new AppError('project.locked', `${this.path} was taken over by another process`, {
      hint: 'All that was saved before is safe; this last step was not saved. Close the project here and open it again.',
      data: { path: this.path },
    })
  }
}

/** Ends what `openProject` began; also where it stopped half-way. */
export function closeConnections({ reader, writer }: { reader: Database | null; writer: Connections['writer'] }): void {
  reader?.close()
  if (!writer?.database.open) return
  try {
    if (ownsLock(writer.database, writer.lockToken)) {
      releaseLock(writer.database, writer.lockToken)
      stopLogging(writer.database)
    }
  } finally {
    writer.database.close()
  }
}

/** Everything that was written is committed by then; only where it lies is not as it should be. */
function closingError(error: unknown, path: string): unknown {
  const translated = translateSqliteError(error, path)
  if (!(translated instanceof AppError) || translated.code !== 'file.unwritable') return translated
  return new AppError('file.unwritable', `${translated.message}: not all could be brought into the one file`, {
    hint: `Everything is saved, but part of it lies in ${path}-wal, which belongs to the project. Free some space, then open it again for writing.`,
    data: { path },
    cause: error,
  })
}

function readOnly(path: string): AppError {
  return new AppError('project.read-only', `${path} is open for reading only`, {
    hint: 'Nothing was changed. Close it where it is open for writing, then open it here for writing.',
    data: { path },
  })
}
