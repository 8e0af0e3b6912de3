import { AppError } from '#common/contract/errors.ts'
import type { EngineClient } from '#common/contract/index.ts'
import type { CommandContext } from './command.ts'

type ProjectHandle = Awaited<ReturnType<EngineClient['project.open']>>['project']

/**
 * Opens a project for a piece of work and closes it again, whatever happens.
 * @param mode `read` works while another process writes
 */
export async function withProject<T>(
  { engine, signal }: Pick<CommandContext, 'engine' | 'signal'>,
  { path, mode }: { readonly path: string; readonly mode: 'read' | 'write' },
  work: (project: ProjectHandle) => Promise<T>,
): Promise<T> {
  const { project } = await engine['project.open']({ path, mode }, { signal })
  const close = (): Promise<unknown> => engine['project.close']({ project })
  let result: T
  try {
    result = await work(project)
  } catch (error) {
    // what it was that went wrong matters more than what follows from it, on a full disk for instance
    await close().catch(() => undefined)
    throw error
  }
  await close()
  return result
}

/**
 * Says before a window opens what is wrong with a project. One that another program writes to can be looked at.
 * @returns the path
 */
export async function checkProject(
  { engine, signal }: Pick<CommandContext, 'engine' | 'signal'>,
  path: string,
): Promise<string> {
  try {
    await engine['project.close'](await engine['project.open']({ path, mode: 'write' }, { signal }))
  } catch (error) {
    const isReadable = error instanceof AppError && ['project.locked', 'project.read-only'].includes(error.code)
    if (!isReadable) throw error
  }
  return path
}
