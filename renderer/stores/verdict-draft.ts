import { ReviewReason, Verdict, type Review } from '#common/contract/procedures/reviewing.ts'
import { text, type MessageKey } from '../messages/i18n.ts'

/** A verdict that is not saved yet. */
export interface VerdictDraft {
  readonly verdict: Verdict | null
  readonly reasons: readonly ReviewReason[]
  readonly comment: string
}

/** What a draft lacks: a verdict, a reason for it, or the text that goes with the reason “other”. */
export type DraftProblem = 'verdict' | 'reason' | 'text'

/** In the order of their keys 1 to 4. */
export const verdicts: readonly Verdict[] = Verdict.options

/** In the order of their keys 1 to 8. */
export const reviewReasons: readonly ReviewReason[] = ReviewReason.options

const verdictKeys = {
  accept: 'verdict.accept',
  minor: 'verdict.minor',
  reject: 'verdict.reject',
  'cannot judge': 'verdict.cannotJudge',
} as const satisfies Record<Verdict, MessageKey>

const reasonKeys = {
  'missed part': 'reason.missedPart',
  'leaked outside': 'reason.leakedOutside',
  'wrong object': 'reason.wrongObject',
  'several objects': 'reason.severalObjects',
  hole: 'reason.hole',
  'ragged edge': 'reason.raggedEdge',
  'wrong class': 'reason.wrongClass',
  other: 'reason.other',
} as const satisfies Record<ReviewReason, MessageKey>

/** Begins with the newest review, so that changing it starts from what it says. */
export function draftOf(review: Review | null): VerdictDraft {
  if (review === null) return { verdict: null, reasons: [], comment: '' }
  return { verdict: review.verdict, reasons: review.reasons, comment: review.comment }
}

/** Whether two drafts say the same. */
export function sameDraft(a: VerdictDraft, b: VerdictDraft): boolean {
  return a.verdict === b.verdict && a.comment === b.comment && a.reasons.join() === b.reasons.join()
}

/** What is missing before a draft can be saved; null: nothing. */
export function problemOf({ verdict, reasons, comment }: VerdictDraft): DraftProblem | null {
  if (verdict === null) return 'verdict'
  if ((verdict === 'minor' || verdict === 'reject') && reasons.length === 0) return 'reason'
  return reasons.includes('other') && comment.trim() === '' ? 'text' : null
}

/** Puts a reason in, or takes it out; they stay in the order of their keys. */
export function toggled(reasons: readonly ReviewReason[], reason: ReviewReason): ReviewReason[] {
  const isIn = reasons.includes(reason)
  return reviewReasons.filter((each) => (each === reason ? !isIn : reasons.includes(each)))
}

/** A verdict in words. */
export function verdictName(verdict: Verdict): string {
  return text(verdictKeys[verdict])
}

/** A reason in words. */
export function reasonName(reason: ReviewReason): string {
  return text(reasonKeys[reason])
}
