import { listAudit } from '../audit-log.ts'
import type { Check } from './check.ts'
import type { Facts, ReadFacts } from './facts.ts'
import { flagFacts, unloggedFlag } from './facts-of-flags.ts'
import { correctionFacts, importedCounts, recordFacts, unloggedImport } from './facts-of-imports.ts'
import { handChoiceFacts, objectRuleFacts, unloggedChoice } from './facts-of-objects.ts'
import { classMapFacts, jobFacts, modelFacts, projectFacts } from './facts-of-projects.ts'
import { rescoringFacts, reviewFacts, unloggedReview } from './facts-of-reviews.ts'
import { ScoreFacts } from './facts-of-scores.ts'
import { UndoneImports } from './undone-imports.ts'

/**
 * Where the audit log names a fact, the data say the same: who drew which mask, what was scored and how, which classes
 * were matched. The log is held together by its hashes, so that it is the data that were changed where the two differ.
 */
export const factsCheck: Check = {
  counts: 'loggedFacts',
  step: 'comparing the data with the audit log',
  kind: 'record',
  total: () => null,
  run: async ({ db }, watch) => {
    const undone = await UndoneImports.read(db)
    const scores = new ScoreFacts(undone)
    const imported = importedCounts(undone)
    const readers: readonly ReadFacts[] = [
      projectFacts,
      modelFacts,
      classMapFacts,
      jobFacts,
      correctionFacts(undone),
      reviewFacts,
      flagFacts,
      objectRuleFacts,
      handChoiceFacts,
      rescoringFacts,
      scores.read,
      imported.read,
      recordFacts(undone),
    ]
    for (let after = 0; ;) {
      const entries = await listAudit(db, { after, limit: 500 })
      const last = entries.at(-1)
      if (!last) {
        const unlogged =
          (await unloggedReview(db)) ??
          (await unloggedFlag(db)) ??
          (await unloggedImport(db)) ??
          (await unloggedChoice(db))
        return (await imported.finding(db)) ?? unlogged
      }
      const facts: Facts[] = []
      for (const read of readers) facts.push(await read(db, entries))
      const disproved = facts.flatMap((found) => found.disproved ?? []).sort((a, b) => a.entry.seq - b.entry.seq)
      if (disproved[0]) return disproved[0].finding
      await watch.step(facts.reduce((sum, { count }) => sum + count, 0))
      after = last.seq
    }
  },
}
