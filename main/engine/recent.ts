import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import type { EngineHandlers } from '#common/contract/index.ts'
import { writeAside } from '#main/files/write-aside.ts'

/** So many projects are remembered. */
const maxProjects = 50

const RecentFile = z.object({
  projects: z.array(z.object({ path: z.string(), openedAt: z.number().int().nonnegative() })),
})
type Recent = z.output<typeof RecentFile>['projects'][number]

interface RecentOptions {
  /** where they are kept; null: nowhere */
  readonly file: string | null
  /** ms UTC */
  readonly now: () => number
  /** takes what the user should know */
  readonly note: (text: string) => void
}

/**
 * The projects that were opened on this machine, the newest first. The file is shared by all programs of the user: it is
 * read before each change. A file that cannot be read is taken as empty; it holds nothing that cannot be done without.
 */
export class RecentProjects {
  readonly #options: RecentOptions
  #lastChange: Promise<unknown> = Promise.resolve()

  constructor(options: RecentOptions) {
    this.#options = options
  }

  async list(): Promise<Recent[]> {
    await this.#lastChange
    return this.#read()
  }

  /** Puts a project at the top; never throws. */
  async add(path: string): Promise<void> {
    const { now, note } = this.#options
    try {
      await this.#change((known) => [
        { path, openedAt: now() },
        ...known.filter((project) => project.path !== path).slice(0, maxProjects - 1),
      ])
    } catch (error) {
      note(`The list of recent projects was not changed: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  /** @throws AppError 'file.unwritable' */
  async forget(path: string): Promise<void> {
    await this.#change((known) => known.filter((project) => project.path !== path))
  }

  /** One after the other, so that none is lost. */
  async #change(make: (known: readonly Recent[]) => readonly Recent[]): Promise<void> {
    const { file } = this.#options
    if (file === null) return
    const change = this.#lastChange.then(async () => {
      const projects = make(await this.#read())
      await mkdir(dirname(file), { recursive: true })
      await writeAside(file, `${JSON.stringify({ projects }, null, 2)}\n`)
    })
    this.#lastChange = change.catch(() => undefined)
    await change
  }

  async #read(): Promise<Recent[]> {
    const { file } = this.#options
    if (file === null) return []
    try {
      return RecentFile.parse(JSON.parse(await readFile(file, 'utf8'))).projects
    } catch {
      return []
    }
  }
}

export function recentHandlers({
  recent,
}: {
  readonly recent: RecentProjects
}): Pick<EngineHandlers, 'recent.list' | 'recent.forget'> {
  return {
    'recent.list': async () => ({
      projects: (await recent.list()).map((project) => ({ ...project, isThere: existsSync(project.path) })),
    }),
    'recent.forget': async ({ path }) => {
      await recent.forget(path)
      return {}
    },
  }
}
