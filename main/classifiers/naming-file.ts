import { AppError } from '#common/contract/errors.ts'

/** Adds the file's name to what `action` says of it. */
export function namingFile<Result>(path: string, action: () => Result): Result {
  try {
    return action()
  } catch (error) {
    throw named(path, error)
  }
}

/** The same of an action that takes its time. */
export async function namingFileLater<Result>(path: string, action: () => Promise<Result>): Promise<Result> {
  try {
    return await action()
  } catch (error) {
    throw named(path, error)
  }
}

function named(path: string, error: unknown): unknown {
  if (!(error instanceof AppError) || error.message.includes(path)) return error
  const { code, message, hint, data } = error
  return new AppError(code, `${path}: ${message}`, {
    ...(hint === undefined ? {} : { hint }),
    ...(data === undefined ? {} : { data }),
    cause: error,
  })
}
