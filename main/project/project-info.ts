import type { Kysely } from 'kysely'
import { AppError } from '#common/contract/errors.ts'
import { damageHint } from './damage-hint.ts'
import type { Schema } from './schema.ts'

export interface ProjectInfo {
  /** A UUID, given when the project was made; copies and backups keep it. */
  readonly id: string
  readonly createdAt: number
  /** Program and version. */
  readonly createdBy: string
}

/**
 * @param path where it lies, for the hint
 * @throws AppError 'project.corrupt' where the file does not say what it is
 */
export async function readProjectInfo(db: Kysely<Schema>, path?: string): Promise<ProjectInfo> {
  const rows = await db
    .selectFrom('meta')
    .where('key', 'in', ['project_id', 'created_at', 'created_by'])
    .selectAll()
    .execute()
  const values = new Map(rows.map(({ key, value }) => [key, value]))
  const [id, createdAt, createdBy] = [values.get('project_id'), values.get('created_at'), values.get('created_by')]
  if (id === undefined || createdAt === undefined || createdBy === undefined) {
    throw new AppError('project.corrupt', 'the file does not say which project it is', {
      hint: `Nothing was written. ${damageHint(path)}`,
    })
  }
  return { id, createdAt: Number(createdAt), createdBy }
}

/** The rows of `meta` that `readProjectInfo` reads. */
export function infoRows({ id, createdAt, createdBy }: ProjectInfo): { key: string; value: string }[] {
  return [
    { key: 'project_id', value: id },
    { key: 'created_at', value: String(createdAt) },
    { key: 'created_by', value: createdBy },
  ]
}
