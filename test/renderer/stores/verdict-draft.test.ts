import { describe, expect, it } from 'vitest'
import { Verdict, ReviewReason } from '#common/contract/procedures/reviewing.ts'
import {
  draftOf,
  problemOf,
  reasonName,
  reviewReasons,
  sameDraft,
  toggled,
  verdictName,
  verdicts,
} from '../../../renderer/stores/verdict-draft.ts'

const empty = draftOf(null)

describe('a verdict that is being made', () => {
  it('lacks a verdict at first', () => {
    expect(problemOf(empty)).toBe('verdict')
  })

  it.each(['minor', 'reject'] as const)('%s needs a reason', (verdict) => {
    expect(problemOf({ ...empty, verdict })).toBe('reason')
    expect(problemOf({ ...empty, verdict, reasons: ['hole'] })).toBeNull()
  })

  it.each(['accept', 'cannot judge'] as const)('%s needs none', (verdict) => {
    expect(problemOf({ ...empty, verdict })).toBeNull()
  })

  it('needs words where the reason is another one', () => {
    expect(problemOf({ ...empty, verdict: 'reject', reasons: ['other'], comment: '  ' })).toBe('text')
    expect(problemOf({ ...empty, verdict: 'reject', reasons: ['other'], comment: 'blurred' })).toBeNull()
  })

  it('keeps reasons in the order of their keys, and takes them out again', () => {
    expect(toggled(['hole'], 'missed part')).toEqual(['missed part', 'hole'])
    expect(toggled(['missed part', 'hole'], 'missed part')).toEqual(['hole'])
  })

  it('begins with what was saved', () => {
    const review = { verdict: 'minor', reasons: ['hole'], comment: 'ear', auditor: 'A', at: 1 } as const
    const draft = draftOf({ ...review, reasons: [...review.reasons] })
    expect(sameDraft(draft, { verdict: 'minor', reasons: ['hole'], comment: 'ear' })).toBe(true)
    expect(sameDraft(draft, empty)).toBe(false)
  })

  it('has a key and a name for everything that the contract knows', () => {
    expect([...verdicts].sort()).toEqual([...Verdict.options].sort())
    expect([...reviewReasons].sort()).toEqual([...ReviewReason.options].sort())
    for (const name of [...verdicts.map(verdictName), ...reviewReasons.map(reasonName)]) expect(name).toMatch(/^[A-Z]/)
  })
})
