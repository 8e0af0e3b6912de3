import { existsSync } from 'node:fs'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { AppError } from '#common/contract/errors.ts'
import { resolveInside } from '#main/files/safe-path.ts'
import { makeFolder, writing } from './text-file.ts'

/**
 * The files of an export while they lie aside. They lie in the folder that they are for, so that what is done can be
 * renamed into place; nothing that is there is replaced: it may be the annotations that came in.
 */
export class StagedFiles {
  /** Where they lie till then. */
  readonly folder: string
  readonly #outDir: string
  readonly #hint: string
  readonly #names: string[] = []

  /**
   * @param hint what to do where a file is there already
   * @throws AppError 'file.unwritable'
   */
  static async create(outDir: string, hint: string): Promise<StagedFiles> {
    await makeFolder(outDir)
    return new StagedFiles(outDir, hint, await writing(outDir, () => mkdtemp(join(outDir, '.export-'))))
  }

  private constructor(outDir: string, hint: string, folder: string) {
    this.#outDir = outDir
    this.#hint = hint
    this.folder = folder
  }

  /** The names that were added, in their order. */
  get names(): readonly string[] {
    return this.#names
  }

  /** Makes room for a file. @returns the path to write it to @throws AppError 'file.exists', 'path.outside' */
  async add(name: string): Promise<string> {
    const path = await resolveInside(this.folder, name)
    if (existsSync(join(this.#outDir, name))) throw this.#fileExists(join(this.#outDir, name))
    await makeFolder(dirname(path))
    this.#names.push(name)
    return path
  }

  /** Writes a whole file. @throws AppError as `add`, and 'file.unwritable' */
  async write(name: string, content: string | Uint8Array): Promise<void> {
    const path = await this.add(name)
    await writing(path, () => writeFile(path, content, { flag: 'wx', flush: true }))
  }

  /** Brings all files to their place, or none. @throws AppError 'file.exists', 'file.unwritable' */
  async moveIntoPlace(): Promise<void> {
    const moved: string[] = []
    try {
      for (const name of this.#names) {
        const path = join(this.#outDir, name)
        await makeFolder(dirname(path))
        if (existsSync(path)) throw this.#fileExists(path)
        await writing(path, () => rename(join(this.folder, name), path))
        moved.push(path)
      }
    } catch (error) {
      for (const path of moved) await rm(path, { force: true })
      throw error
    }
  }

  /** Removes what was not brought to its place. */
  async dispose(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }

  #fileExists(path: string): AppError {
    return new AppError('file.exists', `${path} is there already`, { hint: this.#hint, data: { path } })
  }
}
