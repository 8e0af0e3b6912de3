import { constants, open, readFile, rm, type FileHandle } from 'node:fs/promises'
import { AppError } from '#common/contract/errors.ts'
import { unwritable, writeAside } from '#main/files/write-aside.ts'
import { z } from 'zod'
import { Digester, type Digest } from './digest.ts'

/** Which file of a server a part is of. */
const PartOrigin = z.strictObject({
  url: z.string(),
  /** a strong ETag or the date of the last change: what the server knows the file's version by; null: it said none */
  validator: z.string().nullable(),
  /** bytes of the whole file; null: not said */
  total: z.number().int().nonnegative().nullable(),
})
export type PartOrigin = z.output<typeof PartOrigin>

/**
 * The beginning of a file that is being downloaded: `NAME.part`, and beside it `NAME.part.json`, which says of which
 * version of which address. One owner at a time.
 */
export class PartFile {
  readonly path: string
  readonly #file: FileHandle
  #digester = new Digester()
  #origin: PartOrigin | null

  private constructor(path: string, file: FileHandle, origin: PartOrigin | null) {
    this.path = path
    this.#file = file
    this.#origin = origin
  }

  /**
   * Opens what is there of a download, or begins one; what is there is read once, for its hash.
   * @throws AppError 'file.unwritable'; the abort's reason
   */
  static async open(
    path: string,
    options: { readonly signal: AbortSignal; readonly onBytes: (done: number) => void },
  ): Promise<PartFile> {
    const origin = await readOrigin(path)
    let file: FileHandle | undefined
    try {
      // not for appending: Windows could not empty it then
      file = await open(path, constants.O_RDWR | constants.O_CREAT)
      // a part of unknown origin is of no use
      if (origin === null) await file.truncate(0)
      const part = new PartFile(path, file, origin)
      if (origin !== null) await part.#digester.addFile(path, options)
      return part
    } catch (cause) {
      await file?.close()
      throw options.signal.aborted ? cause : unwritable(path, cause)
    }
  }

  /** Bytes that are there. */
  get size(): number {
    return this.#digester.bytes
  }

  /** Null before the first answer of a server. */
  get origin(): PartOrigin | null {
    return this.#origin
  }

  /** Begins anew, with another version of the file. @throws AppError 'file.unwritable' */
  async restart(origin: PartOrigin): Promise<void> {
    await this.#writing(async () => {
      await this.#file.truncate(0)
      this.#digester = new Digester()
      await writeAside(originPath(this.path), JSON.stringify(origin))
    })
    this.#origin = origin
  }

  /** Notes how long the whole file is, where that was not known before. @throws AppError 'file.unwritable' */
  async setTotal(total: number): Promise<void> {
    const origin = { ...this.#origin!, total }
    await this.#writing(() => writeAside(originPath(this.path), JSON.stringify(origin)))
    this.#origin = origin
  }

  /** @throws AppError 'file.unwritable', with what there was kept */
  async append(chunk: Uint8Array): Promise<void> {
    await this.#writing(async () => {
      for (let done = 0; done < chunk.length;) {
        const { bytesWritten } = await this.#file.write(chunk, done, chunk.length - done, this.size + done)
        done += bytesWritten
      }
    })
    this.#digester.add(chunk)
  }

  /** Closes the file once it is on the disk. @throws AppError 'file.unwritable' */
  async finish(): Promise<Digest> {
    await this.#writing(() => this.#file.sync())
    await this.#file.close()
    return this.#digester.digest()
  }

  /** Also after `finish`. */
  async close(): Promise<void> {
    await this.#file.close()
  }

  async #writing(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (cause) {
      const { code, message, data } = cause instanceof AppError ? cause : unwritable(this.path, cause)
      throw new AppError(code, message, {
        hint: 'What was downloaded is kept. Make room or take what hinders away, and download it again: it goes on from there.',
        ...(data === undefined ? {} : { data }),
        cause,
      })
    }
  }
}

/** Deletes what is there of a download. */
export async function removePart(path: string): Promise<void> {
  // in this order: a part of unknown origin is not gone on with
  await rm(originPath(path), { force: true })
  await rm(path, { force: true })
}

/** The name of the part of a file that is being downloaded. */
export function partPath(path: string): string {
  return `${path}.part`
}

function originPath(path: string): string {
  return `${path}.json`
}

async function readOrigin(path: string): Promise<PartOrigin | null> {
  try {
    return PartOrigin.parse(JSON.parse(await readFile(originPath(path), 'utf8')))
  } catch {
    return null // none yet, or a damaged one
  }
}
