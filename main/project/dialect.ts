import type { Database, Statement } from 'better-sqlite3'
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import { translateSqliteError } from './sqlite-errors.ts'

/** Told of every query that took longer than `slowQueryMs`: its SQL with `?` for the values, and the time it took. */
export interface QueryWatch {
  readonly onSlowQuery?: (sql: string, ms: number) => void
  readonly slowQueryMs?: number
}

/**
 * Kysely over one better-sqlite3 connection. It differs from Kysely's own dialect in three ways: transactions take the
 * write lock when they begin (a deferred one may fail half-way), failures of the file's surroundings are AppErrors, and
 * slow queries are reported. The connection belongs to the caller, who closes it.
 */
export class ProjectDialect implements Dialect {
  readonly #connection: ProjectConnection

  constructor(database: Database, watch: QueryWatch) {
    this.#connection = new ProjectConnection(database, watch)
  }

  createDriver(): Driver {
    return new ProjectDriver(this.#connection)
  }

  createQueryCompiler(): SqliteQueryCompiler {
    return new SqliteQueryCompiler()
  }

  createAdapter(): SqliteAdapter {
    return new SqliteAdapter()
  }

  createIntrospector(db: Kysely<unknown>): SqliteIntrospector {
    return new SqliteIntrospector(db)
  }
}

class ProjectDriver implements Driver {
  readonly #connection: ProjectConnection

  constructor(connection: ProjectConnection) {
    this.#connection = connection
  }

  async init(): Promise<void> {
    // the connection is open already
  }

  acquireConnection(): Promise<DatabaseConnection> {
    return Promise.resolve(this.#connection)
  }

  async beginTransaction(): Promise<void> {
    this.#connection.run(this.#connection.database.readonly ? 'BEGIN' : 'BEGIN IMMEDIATE')
    return Promise.resolve()
  }

  async commitTransaction(): Promise<void> {
    this.#connection.run('COMMIT')
    return Promise.resolve()
  }

  /** Some failures (disk full, I/O) have already rolled back; a second rollback would hide them behind its own error. */
  async rollbackTransaction(): Promise<void> {
    if (this.#connection.database.inTransaction) this.#connection.run('ROLLBACK')
    return Promise.resolve()
  }

  async releaseConnection(): Promise<void> {
    // there is one connection, and Kysely's mutex hands it round
  }

  async destroy(): Promise<void> {
    // the connection is closed by who opened it
  }
}

/** A hundred or so are in use; lists of values of every length make more. */
const maxStatements = 300

class ProjectConnection implements DatabaseConnection {
  readonly database: Database
  readonly #onSlowQuery: (sql: string, ms: number) => void
  readonly #slowQueryMs: number
  readonly #statements = new Map<string, Statement>()

  constructor(database: Database, watch: QueryWatch) {
    this.database = database
    this.#onSlowQuery = watch.onSlowQuery ?? (() => undefined)
    this.#slowQueryMs = watch.slowQueryMs ?? 50
  }

  run(sql: string): void {
    this.#watched(sql, () => this.database.exec(sql))
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const result = this.#watched(sql, () => {
      const statement = this.#prepare(sql) as Statement<[readonly unknown[]], R>
      if (statement.reader) return { rows: statement.all(parameters) }
      const { changes, lastInsertRowid } = statement.run(parameters)
      return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) }
    })
    return Promise.resolve(result)
  }

  /** Asked for again and again, preparing a statement takes longer than most of them do. */
  #prepare(sql: string): Statement {
    const known = this.#statements.get(sql)
    if (known) return known
    if (this.#statements.size >= maxStatements) this.#statements.clear()
    const statement = this.database.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }

  async *streamQuery<R>({ sql, parameters }: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
    for (const row of this.database.prepare<[readonly unknown[]], R>(sql).iterate(parameters)) {
      yield await Promise.resolve({ rows: [row] })
    }
  }

  #watched<T>(sql: string, execute: () => T): T {
    const start = performance.now()
    try {
      return execute()
    } catch (error) {
      throw translateSqliteError(error, this.database.name)
    } finally {
      const ms = performance.now() - start
      if (ms >= this.#slowQueryMs) this.#onSlowQuery(sql, ms)
    }
  }
}
