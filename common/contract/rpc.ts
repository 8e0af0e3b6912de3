import type { z } from 'zod'
import { AppError, type ErrorPayload } from './errors.ts'

/**
 * One typed contract over any transport: procedures are declared once with zod schemas, `serve` runs their handlers at
 * one end of a link, `connect` gives a typed client at the other. A link only moves messages, in order.
 */
export interface CallProcedure<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> {
  readonly kind: 'call'
  readonly input: I
  readonly output: O
}

/** A call that reports its state (`event`) on the way: progress of long work. */
export interface StreamProcedure<
  I extends z.ZodType = z.ZodType,
  E extends z.ZodType = z.ZodType,
  O extends z.ZodType = z.ZodType,
> {
  readonly kind: 'stream'
  readonly input: I
  readonly event: E
  readonly output: O
}

export type Contract = Readonly<Record<string, CallProcedure | StreamProcedure>>

export function call<I extends z.ZodType, O extends z.ZodType>(input: I, output: O): CallProcedure<I, O> {
  return { kind: 'call', input, output }
}

export function stream<I extends z.ZodType, E extends z.ZodType, O extends z.ZodType>(
  input: I,
  event: E,
  output: O,
): StreamProcedure<I, E, O> {
  return { kind: 'stream', input, event, output }
}

/** Raised when a message or a procedure changes its meaning; both ends must agree. */
export const protocolVersion = 1

export type Message =
  | { readonly type: 'hello'; readonly version: number }
  | { readonly type: 'request'; readonly id: number; readonly name: string; readonly input: unknown }
  | { readonly type: 'abort'; readonly id: number }
  | { readonly type: 'event'; readonly id: number; readonly event: unknown }
  | { readonly type: 'result'; readonly id: number; readonly output: unknown }
  | { readonly type: 'failure'; readonly id: number; readonly error: ErrorPayload }

/** A transport: moves messages in order until it closes. Listeners are set once, before the first message. */
export interface Link {
  /** Does nothing once it is closed. @throws AppError 'link.too-large' where the transport has a limit */
  send(message: Message): void
  onMessage(listener: (message: Message) => void): void
  /** @param listener is told why, where it was not simply closed */
  onClose(listener: (reason?: AppError) => void): void
  close(): void
}

type Event<P> = P extends StreamProcedure<z.ZodType, infer E> ? z.input<E> : never

/** What a handler is given beside its input. */
export interface HandlerContext<P> {
  /** Aborted when the caller cancels or the link closes; check it between batches. */
  readonly signal: AbortSignal
  /** Reports the state so far; sent at most ten times a second, the newest wins. */
  readonly emit: (event: Event<P>) => void
}

export type Handler<P extends CallProcedure | StreamProcedure> = (
  input: z.output<P['input']>,
  context: HandlerContext<P>,
) => Promise<z.input<P['output']>>

export type Handlers<C extends Contract> = { readonly [K in keyof C]: Handler<C[K]> }

interface CallOptions<P> {
  readonly signal?: AbortSignal | undefined
  readonly onEvent?: P extends StreamProcedure<z.ZodType, infer E> ? (event: z.output<E>) => void : never
}

export type Client<C extends Contract> = {
  readonly [K in keyof C]: (
    input: z.input<C[K]['input']>,
    options?: CallOptions<C[K]>,
  ) => Promise<z.output<C[K]['output']>>
}

export interface ServeOptions {
  /** Writes an unexpected error (a bug) to the log and returns the id under which it stands there. */
  readonly onInternalError: (error: unknown, procedure: string) => string
  /** Checks what handlers return; on in development and tests. */
  readonly checkOutputs?: boolean
}

const eventIntervalMs = 100

/** Sends the newest state at once when the last one is 100 ms old, else when it will be. */
class EventThrottle {
  readonly #send: (event: unknown) => void
  #lastAt = -Infinity
  #pending: { event: unknown } | undefined
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(send: (event: unknown) => void) {
    this.#send = send
  }

  push(event: unknown): void {
    this.#pending = { event }
    const wait = this.#lastAt + eventIntervalMs - performance.now()
    if (wait <= 0) this.flush()
    else this.#timer ??= setTimeout(() => this.flush(), wait)
  }

  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#pending === undefined) return
    const { event } = this.#pending
    this.#pending = undefined
    this.#lastAt = performance.now()
    this.#send(event)
  }
}

/** One line out of zod's issues: the first one, with its path. */
export function describeIssues(error: z.ZodError): string {
  const [first, ...rest] = error.issues
  if (first === undefined) return 'the value does not fit'
  const where = first.path.length > 0 ? `${first.path.map(String).join('.')}: ` : ''
  return where + first.message + (rest.length > 0 ? ` (and ${rest.length} more)` : '')
}

/**
 * Runs the handlers of a contract at this end of a link. Unknown names and inputs that do not fit fail before any
 * handler runs; a closed link aborts every call that is under way.
 */
export function serve<C extends Contract>(contract: C, handlers: Handlers<C>, link: Link, options: ServeOptions): void {
  const running = new Map<number, AbortController>()
  const fail = (id: number, error: ErrorPayload): void => link.send({ type: 'failure', id, error })

  const toPayload = (error: unknown, name: string, signal: AbortSignal): ErrorPayload => {
    if (signal.aborted) return { code: 'aborted', message: `${name} was cancelled` }
    if (error instanceof AppError) return error.toPayload()
    const id = options.onInternalError(error, name)
    return {
      code: 'internal',
      message: `an unexpected error in ${name} (${id}): ${error instanceof Error ? error.message : String(error)}`,
      hint: 'This is a fault of the program; the log has the details under this number.',
      data: { id },
    }
  }

  const run = async (id: number, name: string, rawInput: unknown): Promise<void> => {
    const procedure = Object.hasOwn(contract, name) ? contract[name] : undefined
    const handler = handlers[name] as Handler<StreamProcedure> | undefined
    if (!procedure || !handler) {
      fail(id, { code: 'request.unknown', message: `there is no procedure “${name}”` })
      return
    }
    const input = procedure.input.safeParse(rawInput)
    if (!input.success) {
      fail(id, { code: 'request.invalid', message: `${name}: ${describeIssues(input.error)}` })
      return
    }
    const controller = new AbortController()
    running.set(id, controller)
    const events = new EventThrottle((event) => link.send({ type: 'event', id, event }))
    try {
      const output = await handler(input.data, { signal: controller.signal, emit: (event) => events.push(event) })
      events.flush()
      link.send({ type: 'result', id, output: options.checkOutputs ? procedure.output.parse(output) : output })
    } catch (error) {
      fail(id, toPayload(error, name, controller.signal))
    } finally {
      running.delete(id)
    }
  }

  link.onMessage((message) => {
    if (message.type === 'request') void run(message.id, message.name, message.input)
    else if (message.type === 'abort') running.get(message.id)?.abort()
  })
  link.onClose(() => {
    for (const controller of running.values()) controller.abort()
  })
  link.send({ type: 'hello', version: protocolVersion })
}

interface PendingCall {
  resolve(output: unknown): void
  reject(error: AppError): void
  onEvent: ((event: unknown) => void) | undefined
}

/**
 * A typed client of a contract over a link. A cancelled call rejects with 'aborted' once the other side has stopped;
 * when the link closes every open call rejects with 'link.closed'.
 */
export function connect<C extends Contract>(contract: C, link: Link): Client<C> {
  const pending = new Map<number, PendingCall>()
  let nextId = 1
  let closed: AppError | undefined

  const end = (error: AppError): void => {
    closed ??= error
    for (const call of pending.values()) call.reject(closed)
    pending.clear()
  }

  link.onMessage((message) => {
    if (message.type === 'hello') {
      if (message.version === protocolVersion) return
      end(
        new AppError('link.version', `the other side speaks protocol ${message.version}, this one ${protocolVersion}`, {
          hint: 'Both parts must come from the same release; restart the program.',
        }),
      )
      link.close()
      return
    }
    if (message.type === 'request' || message.type === 'abort') return
    const call = pending.get(message.id)
    if (message.type === 'event') return call?.onEvent?.(message.event)
    pending.delete(message.id)
    if (message.type === 'result') call?.resolve(message.output)
    else call?.reject(AppError.fromPayload(message.error))
  })
  link.onClose((reason) => {
    end(reason ?? new AppError('link.closed', 'the connection was closed before the answer came'))
  })

  const request = (name: string, input: unknown, options: CallOptions<StreamProcedure> = {}): Promise<unknown> => {
    if (closed) return Promise.reject(closed)
    if (options.signal?.aborted) return Promise.reject(new AppError('aborted', `${name} was cancelled`))
    const id = nextId++
    const abort = (): void => link.send({ type: 'abort', id })
    return new Promise<unknown>((resolve, reject) => {
      pending.set(id, { resolve, reject, onEvent: options.onEvent })
      options.signal?.addEventListener('abort', abort, { once: true })
      link.send({ type: 'request', id, name, input })
    }).finally(() => {
      pending.delete(id) // also where it could not be sent
      options.signal?.removeEventListener('abort', abort)
    })
  }

  return Object.fromEntries(
    Object.keys(contract).map((name) => [
      name,
      (input: unknown, options?: CallOptions<StreamProcedure>) => request(name, input, options),
    ]),
  ) as Client<C>
}
