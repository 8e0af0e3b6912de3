import { hash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, expect } from 'vitest'
import type { EngineClient } from '#common/contract/index.ts'
import type { AppError } from '#common/contract/errors.ts'
import { decodeRle } from '#common/mask/rle.ts'
import { startComputeChild } from '#main/compute/host.ts'
import { createEngine, type Engine, type EngineOptions } from '#main/engine/engine.ts'
import { rleOf } from '#main/engine/object-mask.ts'
import { listAudit, verifyAudit, type AuditEntry } from '#main/project/audit-log.ts'
import { listImages } from '#main/project/image-repository.ts'
import { currentMasks } from '#main/project/mask-repository.ts'
import { openProject } from '#main/project/open.ts'
import type { Project } from '#main/project/project.ts'

/** What `inspect` tells of a project file. */
export interface ProjectFacts {
  /** rows by table */
  readonly rows: Readonly<Record<string, number>>
  readonly audit: readonly AuditEntry[]
}

/** An engine with real compute processes, for all tests of a file. */
export function useEngine(options: Partial<EngineOptions> = {}): { engine: Engine; client: EngineClient } {
  const engine = createEngine({
    startCompute: startComputeChild,
    version: 'test',
    checkOutputs: true,
    log: (line) => process.stderr.write(`${line}\n`),
    ...options,
  })
  afterAll(() => engine.dispose())
  return { engine, client: engine.connect() }
}

/** A folder for all tests of a file. To be asked for before the engine, which closes its projects in there first. */
export function useFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'obalex-test-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A new folder inside another one. */
export function folderIn(parent: string): string {
  return mkdtempSync(join(parent, 'case-'))
}

/** What a promise is refused with. */
export async function errorOf(promise: Promise<unknown>): Promise<AppError> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  )
  if ('value' in outcome) throw new Error(`it was not refused but gave ${JSON.stringify(outcome.value).slice(0, 500)}`)
  return outcome.error as AppError
}

/** The code that a promise is refused with. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error: Error & { readonly code?: string } = await errorOf(promise)
  return error.code ?? error.message
}

/** Reads a project beside whoever has it open. */
export async function reading<T>(path: string, work: (project: Project) => Promise<T>): Promise<T> {
  const project = await openProject(path, { mode: 'read', now: Date.now })
  try {
    return await work(project)
  } finally {
    await project.close()
  }
}

/** Counts everything in a project, and checks its audit chain by the way. */
export function inspect(path: string): Promise<ProjectFacts> {
  return reading(path, async ({ read }) => {
    expect(await verifyAudit(read)).toBeNull()
    const { rows: tables } = await sql<{ name: string }>`
      SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'lock'`.execute(read)
    const rows: Record<string, number> = {}
    for (const { name } of tables) {
      const found = await sql<{ n: number }>`SELECT count(*) AS n FROM ${sql.table(name)}`.execute(read)
      rows[name] = found.rows[0]!.n
    }
    return { rows, audit: await listAudit(read, { limit: 10_000 }) }
  })
}

/** The hash of a project file and of what SQLite has not yet put into it. */
export function fileHash(path: string): string {
  const parts = [path, `${path}-wal`].map((file) => (existsSync(file) ? readFileSync(file) : Buffer.alloc(0)))
  return hash('sha256', Buffer.concat(parts))
}

/** Makes a project; closing it is left to the engine. */
export async function newProject(client: EngineClient, path: string): Promise<number> {
  return (await client['project.create']({ path })).project
}

/** All that a project knows of an image and its masks. */
interface KnownMasks {
  readonly file: string
  readonly label: string | null
  readonly source: unknown
  readonly masks: readonly {
    readonly category: string | null
    readonly score: number | null
    readonly isCrowd: boolean
    readonly source: unknown
    readonly data: Uint8Array
  }[]
}

/** All that a project knows of its masks. */
export function masksIn(path: string): Promise<KnownMasks[]> {
  return reading(path, async ({ read }) => {
    const images = await listImages(read, {}, { limit: 100 })
    const current = await currentMasks(
      read,
      images.map(({ id }) => id),
    )
    return images.map(({ id, file, label, source }) => {
      const masks = (current.get(id) ?? []).map(({ instance, revision }) => {
        const { category, score, isCrowd } = instance
        return { category, score, isCrowd, source: instance.source, data: decodeRle(rleOf(revision.mask)).data }
      })
      return { file, label, source, masks }
    })
  })
}
