import { createReadStream } from 'node:fs'
import { mkdir, open, type FileHandle } from 'node:fs/promises'
import { AppError } from '#common/contract/errors.ts'
import { unwritable } from '#main/files/write-aside.ts'

const bufferLength = 1 << 20

/** A text file that is written from start to end, a piece at a time. */
export class TextFile {
  readonly path: string
  readonly #file: FileHandle
  #pieces: string[] = []
  #length = 0

  /** @throws AppError 'file.unwritable', as all methods */
  static async create(path: string): Promise<TextFile> {
    return new TextFile(path, await writing(path, () => open(path, 'wx')))
  }

  private constructor(path: string, file: FileHandle) {
    this.path = path
    this.#file = file
  }

  async write(text: string): Promise<void> {
    this.#pieces.push(text)
    this.#length += text.length
    if (this.#length >= bufferLength) await this.#flush()
  }

  /** Writes what is left, and waits until it is on the disk. */
  async finish(): Promise<void> {
    await this.#flush()
    await writing(this.path, () => this.#file.sync())
  }

  dispose(): Promise<void> {
    return this.#file.close()
  }

  async #flush(): Promise<void> {
    const text = this.#pieces.join('')
    this.#pieces = []
    this.#length = 0
    await writing(this.path, () => this.#file.appendFile(text))
  }
}

/** Does something to a file or folder; its failures come as AppError 'file.unwritable'. */
export async function writing<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (cause) {
    throw unwritable(path, cause)
  }
}

/** Makes a folder, and those around it, where it is not there. @throws AppError 'file.unwritable' */
export function makeFolder(path: string): Promise<void> {
  return writing(path, async () => {
    try {
      await mkdir(path, { recursive: true })
    } catch (error) {
      // what Node says of a disk that is read-only; asked for this one folder alone, it tells the true reason
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') await mkdir(path)
      throw error
    }
  })
}

/**
 * The lines of a text file, split at line feeds only (`node:readline` also splits at U+2028, which JSON leaves as it
 * is), without them.
 * @param options.takesRest whether what follows the last line feed, if anything does, is a line too
 * @throws AppError 'import.format' for a line longer than `maxLength`
 */
export async function* readLines(
  path: string,
  { maxLength = Infinity, takesRest = false }: { readonly maxLength?: number; readonly takesRest?: boolean } = {},
): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of createReadStream(path, { encoding: 'utf8', highWaterMark: bufferLength })) {
    const lines = (chunk as string).split('\n')
    lines[0] = rest + lines[0]!
    rest = lines.pop()!
    if (rest.length > maxLength || lines.some(({ length }) => length > maxLength)) {
      throw new AppError('import.format', `${path} has a line of more than ${maxLength} characters`, { data: { path } })
    }
    yield* lines
  }
  if (takesRest && rest !== '') yield rest
}
