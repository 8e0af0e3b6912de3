import { sql } from 'kysely'
import { openProject, type OpenOptions } from './open.ts'
import type { Project } from './project.ts'

/**
 * Opens a project for reading as it is at this moment: what others write meanwhile is not seen. A project that nobody
 * has open for writing cannot be opened for writing until this is closed, so close it as soon as possible.
 * @throws AppError as `openProject`
 */
export async function openSnapshot(path: string, options: Omit<OpenOptions, 'mode'>): Promise<Project> {
  const project = await openProject(path, { ...options, mode: 'read' })
  try {
    await sql`BEGIN`.execute(project.read)
    // the moment is that of the first reading, not that of BEGIN
    await project.read.selectFrom('meta').select('key').limit(1).execute()
    return project
  } catch (error) {
    await project.close()
    throw error
  }
}
