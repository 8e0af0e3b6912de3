import { AppError } from '#common/contract/errors.ts'
import type { Failure } from '#common/contract/procedures/common.ts'

/**
 * What is said of an image that could not be done while the rest goes on.
 * @throws the error itself where it is not about this image: a cancel, or a fault of the program
 */
export function failureOf(image: string, error: unknown): Failure {
  if (!(error instanceof AppError) || error.code === 'aborted' || error.code === 'internal') throw error
  return { image, code: error.code, message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) }
}
