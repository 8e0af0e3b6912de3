import { ref, type Ref } from 'vue'
import type { Review, ReviewReason, Verdict } from '#common/contract/procedures/reviewing.ts'
import { draftOf, problemOf, sameDraft, toggled, type DraftProblem, type VerdictDraft } from './verdict-draft.ts'

/** An image with the review that is saved of it. */
interface Judged {
  readonly id: number
  readonly review: Review | null
}

interface Drafting {
  /** of the image on screen */
  readonly draft: Ref<VerdictDraft>
  readonly problem: Ref<DraftProblem | null>
  /** digits choose reasons while the focus is on them */
  readonly arePickingReasons: Ref<boolean>
  /** count up when the focus is to go there */
  readonly nReasonRequests: Ref<number>
  readonly nNoteRequests: Ref<number>
  readonly setVerdict: (verdict: Verdict) => void
  readonly toggleReason: (reason: ReviewReason) => void
  readonly setComment: (comment: string) => void
  readonly requestReasons: () => void
  readonly requestNote: () => void
  /** Begins with what was kept of an image, or with what is saved of it. @param before the same image, read earlier */
  begin(image: Judged, before: Judged | null): void
  /** Keeps what was begun on an image that is left. */
  keep(image: Judged): void
  /** Nothing of an image has to be kept any more. */
  forget(id: number): void
  clear(): void
  /** Says what is missing, and asks for it; returns the verdict where nothing is. */
  complete(): (VerdictDraft & { readonly verdict: Verdict }) | null
}

/** The verdict that is being made. What was begun and not saved is kept: going on and coming back loses nothing. */
export function createDrafting(): Drafting {
  const draft = ref<VerdictDraft>(draftOf(null))
  const problem = ref<DraftProblem | null>(null)
  const arePickingReasons = ref(false)
  const nReasonRequests = ref(0)
  const nNoteRequests = ref(0)
  /** by image */
  const kept = new Map<number, VerdictDraft>()

  const isBegun = (image: Judged): boolean => !sameDraft(draft.value, draftOf(image.review))

  function change(next: Partial<VerdictDraft>): void {
    draft.value = { ...draft.value, ...next }
    problem.value = null
  }

  return {
    draft,
    problem,
    arePickingReasons,
    nReasonRequests,
    nNoteRequests,
    setVerdict: (verdict) => change({ verdict }),
    toggleReason: (reason) => change({ reasons: toggled(draft.value.reasons, reason) }),
    setComment: (comment) => change({ comment }),
    requestReasons: () => nReasonRequests.value++,
    requestNote: () => nNoteRequests.value++,
    begin(image, before) {
      const unsaved = before !== null && isBegun(before) ? draft.value : kept.get(image.id)
      draft.value = unsaved ?? draftOf(image.review)
      problem.value = null
    },
    keep(image) {
      if (isBegun(image)) kept.set(image.id, draft.value)
      else kept.delete(image.id)
    },
    forget: (id) => void kept.delete(id),
    clear: () => kept.clear(),
    complete() {
      const { verdict, reasons, comment } = draft.value
      problem.value = problemOf(draft.value)
      if (problem.value === 'reason') nReasonRequests.value++
      if (problem.value === 'text') nNoteRequests.value++
      return problem.value !== null || verdict === null ? null : { verdict, reasons, comment }
    },
  }
}
