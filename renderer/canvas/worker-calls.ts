interface Waiting<Request, Answer> {
  readonly request: Request
  readonly resolve: (answer: Answer) => void
}

/** What goes to a worker, and what comes back: `serveCalls` answers at the other end. */
interface Numbered<T> {
  readonly id: number
  readonly content: T
}

/** Calls to a worker, which is started with the first one. */
export class WorkerCalls<Request, Answer> {
  readonly #make: () => Worker
  readonly #answerHere: (request: Request) => Answer
  #worker: Worker | null = null
  #waiting = new Map<number, Waiting<Request, Answer>>()
  #id = 0

  /** @param answerHere does the work where no worker can be started: later, and in the way, but not lost */
  constructor(make: () => Worker, answerHere: (request: Request) => Answer) {
    this.#make = make
    this.#answerHere = answerHere
  }

  call(request: Request): Promise<Answer> {
    return new Promise((resolve) => {
      const id = ++this.#id
      this.#waiting.set(id, { request, resolve })
      this.#worker ??= this.#start()
      this.#worker.postMessage({ id, content: request } satisfies Numbered<Request>)
    })
  }

  /** Ends the worker; calls under way are never answered. */
  dispose(): void {
    this.#worker?.terminate()
    this.#worker = null
    this.#waiting.clear()
  }

  #start(): Worker {
    const worker = this.#make()
    worker.onmessage = ({ data: { id, content } }: MessageEvent<Numbered<Answer>>) => {
      this.#waiting.get(id)?.resolve(content)
      this.#waiting.delete(id)
    }
    worker.onerror = () => {
      for (const { request, resolve } of this.#waiting.values()) resolve(this.#answerHere(request))
      this.#waiting.clear()
    }
    return worker
  }
}

/** What a worker needs of its own side to be spoken to. */
interface WorkerScope {
  onmessage: ((event: MessageEvent) => void) | null
  postMessage(message: unknown): void
}

/** Answers the calls of `WorkerCalls`, one after the other; for the worker's own file. */
export function serveCalls(scope: WorkerScope, answer: (request: never) => unknown): void {
  scope.onmessage = ({ data: { id, content } }: MessageEvent<Numbered<never>>) => {
    scope.postMessage({ id, content: answer(content) } satisfies Numbered<unknown>)
  }
}
