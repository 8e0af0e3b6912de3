import type { PaperAnswer, PaperRequest } from './worker-scorer.ts'
import { scorePaper } from './paper-score.ts'

self.onmessage = ({ data: { id, maps, mask } }: MessageEvent<PaperRequest>) => {
  const answer: PaperAnswer = { id, scores: scorePaper(maps, mask) }
  self.postMessage(answer)
}
