import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type * as H5wasm from 'h5wasm/node'
import { AppError } from '#common/contract/errors.ts'

export type Hdf5Module = Awaited<typeof H5wasm.ready>

type StartModule = (options: {
  readonly noInitialRun: true
  readonly print: (line: string) => void
  readonly printErr: (line: string) => void
}) => Promise<Hdf5Module>

interface Stream {
  readonly fd: number
}

/** What of Emscripten's file system is used here; h5wasm's types leave it out. */
interface FileSystem {
  open(path: string, ...rest: readonly unknown[]): Stream
  write(stream: Stream, from: Uint8Array, offset: number, length: number, ...rest: readonly unknown[]): number
  close(stream: Stream): void
  readonly streams: readonly (Stream | null | undefined)[]
  readonly ErrnoError: new (errno: number) => Error
}

const lastStandardStream = 2
/** Emscripten's number for “permission denied”. */
const accessDenied = 2

/**
 * A copy of the HDF5 library for one file that nobody vouches for. Its functions go on after an error, with values that
 * mean nothing, and print what went wrong to stderr: here a call that prints is a call that failed. (Its own
 * `activate_throwing_error_handler` leaves everything open that was open when the error came.) It can open no other file:
 * external links, external data, virtual datasets and filter plug-ins lead nowhere. What a damaged file does to it ends
 * with it, and so does its memory.
 */
export class Hdf5Library {
  readonly module: Hdf5Module
  readonly #fs: FileSystem
  #diagnostics = ''
  /** A trap in WebAssembly leaves the library in the middle of a call. */
  #isBroken = false

  /** @param path the only file that it can open, absolute */
  static async start(path: string): Promise<Hdf5Library> {
    const startModule = await (factory ??= importFactory())
    const ignore = (): void => undefined // what else Emscripten has to say is no error of its own
    return new Hdf5Library(await startModule({ noInitialRun: true, print: ignore, printErr: ignore }), path)
  }

  private constructor(module: Hdf5Module, path: string) {
    this.module = module
    const fs = module.FS as unknown as FileSystem
    this.#fs = fs
    const open = fs.open.bind(fs)
    const write = fs.write.bind(fs)
    fs.open = (asked, ...rest) => {
      if (asked !== path) throw new fs.ErrnoError(accessDenied)
      return open(asked, ...rest)
    }
    fs.write = (stream, from, offset, length, ...rest) => {
      if (stream.fd > lastStandardStream) return write(stream, from, offset, length, ...rest)
      this.#diagnostics += Buffer.from(from.subarray(offset, offset + length)).toString('latin1')
      return length
    }
  }

  /**
   * Calls the library.
   * @param subject what is being read, for the error: the path, or `PATH: OBJECT`
   * @throws AppError 'file.format' where the library complains
   */
  call<Result>(subject: string, work: (module: Hdf5Module) => Result): Result {
    if (this.#isBroken) throw cannotRead(subject, 'its damage stopped the HDF5 library')
    this.#diagnostics = ''
    let result: Result
    try {
      result = work(this.module)
    } catch (cause) {
      if (cause instanceof AppError) throw cause
      if (cause instanceof Error && cause.name === 'RuntimeError') this.#isBroken = true
      throw cannotRead(subject, reasonOf(this.#diagnostics) ?? firstLine(cause), damageHint, cause)
    }
    const said = this.#diagnostics
    if (said !== '') throw cannotRead(subject, reasonOf(said) ?? firstLine(said))
    return result
  }

  /** Closes what is still open, also where an error or a trap left it so. */
  dispose(): void {
    for (const stream of this.#fs.streams) if (stream && stream.fd > lastStandardStream) this.#fs.close(stream)
  }
}

let factory: Promise<StartModule> | undefined

/** The package only gives out one copy, started as it is imported; the file beside it starts any number. */
async function importFactory(): Promise<StartModule> {
  const folders = createRequire(import.meta.url).resolve.paths('h5wasm') ?? []
  const file = folders.map((folder) => join(folder, 'h5wasm/dist/node/hdf5_util.js')).find((path) => existsSync(path))
  if (file === undefined) throw new Error('the package h5wasm is not installed')
  const module = (await import(pathToFileURL(file).href)) as { readonly default: StartModule }
  return module.default
}

const damageHint = 'The file is damaged or was cut off: copy or download it again.'

/** The error of a file, or of something in it, that cannot be read. */
export function cannotRead(subject: string, reason: string, hint = damageHint, cause?: unknown): AppError {
  return new AppError('file.format', `${subject} cannot be read: ${reason}`, { hint, ...(cause ? { cause } : {}) })
}

/** The innermost of the library's nested complaints, such as `#003: H5Fsuper.c line 401 in H5F_open(): truncated file`. */
function reasonOf(diagnostics: string): string | null {
  return [...diagnostics.matchAll(/#\d+: .*?\(\): (.*)/g)].at(-1)?.[1]?.trim() ?? null
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split('\n')[0] ?? ''
}
