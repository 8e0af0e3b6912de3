import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { AppError } from '#common/contract/errors.ts'
import type { DrawAnswer, DrawRequest, SceneRecord } from './draw-worker.ts'

/** More threads than this gain little: the disk and the packing of photos keep up with no more. */
const maxThreads = 8

interface DrawingOptions {
  readonly signal?: AbortSignal | undefined
  /** called as each photo is on the disk, in any order */
  readonly onDrawn: () => void
}

/**
 * Draws scenes and writes their photos, a thread a processor core. After a failure or an abort the photos under way
 * are still finished, so that no half of one is left behind.
 * @returns what annotation files say of them, in the order of the requests
 * @throws AppError 'file.unwritable', 'aborted'
 */
export async function drawInThreads(
  requests: readonly DrawRequest[],
  { signal, onDrawn }: DrawingOptions,
): Promise<SceneRecord[]> {
  const records = new Array<SceneRecord>(requests.length)
  const queue = requests.entries()
  let hasFailed = false
  const work = async (worker: Worker): Promise<void> => {
    while (!hasFailed && signal?.aborted !== true) {
      const { value, done } = queue.next()
      if (done) return
      const [position, request] = value
      records[position] = await ask(worker, request).catch((error: unknown) => {
        hasFailed = true
        throw error
      })
      onDrawn()
    }
  }
  const threads = Array.from({ length: Math.min(availableParallelism(), maxThreads, requests.length) }, startThread)
  const outcomes = await Promise.allSettled(threads.map((worker) => work(worker).finally(() => worker.terminate())))
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failed) throw failed.reason
  if (signal?.aborted) throw new AppError('aborted', 'the work was cancelled')
  return records
}

function startThread(): Worker {
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.mjs'
  return new Worker(fileURLToPath(new URL(`./draw-worker${extension}`, import.meta.url)))
}

async function ask(worker: Worker, request: DrawRequest): Promise<SceneRecord> {
  const answered = once(worker, 'message') as Promise<[DrawAnswer]>
  worker.postMessage(request)
  const [answer] = await answered
  if ('error' in answer) throw AppError.fromPayload(answer.error)
  return answer.record
}
