import type { Rle } from '#common/mask/rle.ts'
import type { GridMap, MapScore, PaperScorer } from './live-scores.ts'
import { scorePaper } from './paper-score.ts'
import { WorkerCalls } from './worker-calls.ts'

export interface PaperRequest {
  readonly maps: readonly GridMap[]
  readonly mask: Rle
}

/** Scores by the authors' rule in a worker, which is started when the first image has such maps. */
export class WorkerScorer implements PaperScorer {
  readonly #calls = new WorkerCalls<PaperRequest, MapScore[]>(
    () => new Worker(new URL('./paper-score.worker.ts', import.meta.url), { type: 'module' }),
    ({ maps, mask }) => scorePaper(maps, mask),
  )

  score(maps: readonly GridMap[], mask: Rle): Promise<MapScore[]> {
    return this.#calls.call({ maps, mask })
  }

  dispose(): void {
    this.#calls.dispose()
  }
}
