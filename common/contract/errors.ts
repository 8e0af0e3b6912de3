/**
 * The one error class of the program, and the closed list of its codes.
 *
 * A code is `subject.reason`, stable, and what tests and translations go by; the message says what happened with the
 * values; the hint says what the user can do. Bugs are not AppErrors: they are left to crash the call, and cross a
 * link as `internal` with an id that is in the log.
 */
export const errorCodes = [
  'internal',
  'aborted',
  'link.closed',
  'link.version',
  'link.malformed',
  'link.too-large',
  'request.unknown',
  'request.invalid',
  'request.usage',
  'file.missing',
  'file.unreadable',
  'file.exists',
  'file.unwritable',
  'file.format',
  'path.outside',
  'image.broken',
  'image.too-large',
  'image.changed',
  'npy.format',
  'json.format',
  'shape.mismatch',
  'rle.counts',
  'rle.size',
  'polygon.format',
  'mask.size',
  'mask.range',
  'mask.tiles',
  'mask.no-step',
  'mask.stale',
  'map.negative',
  'map.not-finite',
  'map.format',
  'model.format',
  'model.shard-missing',
  'model.shard-size',
  'model.weights-not-finite',
  'model.layer-unknown',
  'model.layer-missing',
  'model.preprocessing-unknown',
  'model.labels',
  'model.card',
  'model.check-failed',
  'model.changed',
  'model.missing',
  'prediction.not-finite',
  'model.not-randomised',
  'catalogue.unknown',
  'catalogue.differs',
  'download.failed',
  'download.refused',
  'download.busy',
  'runtime.unavailable',
  'runtime.tool-missing',
  'runtime.build-failed',
  'compute.died',
  'explainer.unknown',
  'explainer.options',
  'explainer.class',
  'server.port',
  'server.page',
  'project.exists',
  'project.not-a-project',
  'project.newer',
  'project.locked',
  'project.read-only',
  'project.corrupt',
  'project.migration',
  'record.missing',
  'import.refused',
  'import.format',
  'import.in-use',
  'import.not-undoable',
  'export.differs',
  'class-map.format',
  'job.failed',
  'training.model',
  'training.batch',
  'training.state',
  'training.diverged',
] as const

export type ErrorCode = (typeof errorCodes)[number]

/** What of an error crosses a link: plain data, no stack. */
export interface ErrorPayload {
  readonly code: ErrorCode
  readonly message: string
  readonly hint?: string
  readonly data?: Readonly<Record<string, unknown>>
}

/** An expected failure. See the file's head for what belongs in which part. */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly hint: string | undefined
  readonly data: Readonly<Record<string, unknown>> | undefined

  constructor(
    code: ErrorCode,
    message: string,
    options: { hint?: string; data?: Readonly<Record<string, unknown>>; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'AppError'
    this.code = code
    this.hint = options.hint
    this.data = options.data
  }

  /** The part of this error that may leave the process. */
  toPayload(): ErrorPayload {
    return {
      code: this.code,
      message: this.message,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      ...(this.data === undefined ? {} : { data: this.data }),
    }
  }

  /** Rebuilds the error on the other side of a link. */
  static fromPayload(payload: ErrorPayload): AppError {
    return new AppError(payload.code, payload.message, {
      ...(payload.hint === undefined ? {} : { hint: payload.hint }),
      ...(payload.data === undefined ? {} : { data: payload.data }),
    })
  }
}
