import { scorePaper } from './paper-score.ts'
import { serveCalls } from './worker-calls.ts'
import type { PaperRequest } from './worker-scorer.ts'

serveCalls(self, ({ maps, mask }: PaperRequest) => scorePaper(maps, mask))
