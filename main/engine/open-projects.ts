import { AppError } from '#common/contract/errors.ts'
import type { Project } from '#main/project/project.ts'

/** The projects that are open, by handle. */
export class OpenProjects {
  readonly #projects = new Map<number, Project>()
  #nextHandle = 1

  add(project: Project): number {
    const handle = this.#nextHandle++
    this.#projects.set(handle, project)
    return handle
  }

  /** @throws AppError 'record.missing' */
  get(handle: number): Project {
    const project = this.#projects.get(handle)
    if (project) return project
    throw new AppError('record.missing', `no open project has the handle ${handle}`, {
      hint: 'Open the project again.',
    })
  }

  async close(handle: number): Promise<void> {
    const project = this.get(handle)
    this.#projects.delete(handle)
    await project.close()
  }

  async dispose(): Promise<void> {
    for (const handle of [...this.#projects.keys()]) await this.close(handle)
  }
}
