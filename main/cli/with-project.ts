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
  try {
    return await work(project)
  } finally {
    await engine['project.close']({ project })
  }
}
