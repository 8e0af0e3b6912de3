import type { Rle } from '#common/mask/rle.ts'
import type { GridMap, MapScore, PaperScorer } from './live-scores.ts'
import { scorePaper } from './paper-score.ts'

export interface PaperRequest {
  readonly id: number
  readonly maps: readonly GridMap[]
  readonly mask: Rle
}

export interface PaperAnswer {
  readonly id: number
  readonly scores: MapScore[]
}

/** Scores by the authors' rule in a worker, which is started when the first image has such maps. */
export class WorkerScorer implements PaperScorer {
  #worker: Worker | null = null
  #waiting = new Map<number, { request: PaperRequest; resolve: (scores: MapScore[]) => void }>()
  #id = 0

  score(maps: readonly GridMap[], mask: Rle): Promise<MapScore[]> {
    return new Promise((resolve) => {
      const request = { id: ++this.#id, maps, mask }
      this.#waiting.set(request.id, { request, resolve })
      this.#worker ??= this.#start()
      this.#worker.postMessage(request)
    })
  }

  dispose(): void {
    this.#worker?.terminate()
    this.#worker = null
    this.#waiting.clear()
  }

  #start(): Worker {
    const worker = new Worker(new URL('./paper-score.worker.ts', import.meta.url), { type: 'module' })
    worker.onmessage = ({ data: { id, scores } }: MessageEvent<PaperAnswer>) => {
      this.#waiting.get(id)?.resolve(scores)
      this.#waiting.delete(id)
    }
    // a worker that cannot start must not cost the scores: they come later, from here
    worker.onerror = () => {
      for (const { request, resolve } of this.#waiting.values()) resolve(scorePaper(request.maps, request.mask))
      this.#waiting.clear()
    }
    return worker
  }
}
