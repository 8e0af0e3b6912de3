import type { Kysely } from 'kysely'
import { z } from 'zod'
import { canonicalJson } from '#common/contract/canonical-json.ts'
import type { ExplanationId, InstanceMaskId, ReviewId, StrokeId } from '#common/contract/ids.ts'
import { findReview, firstReviewWithoutEntry, hashComment } from '../review-repository.ts'
import type { Schema } from '../schema.ts'
import { findScore } from '../score-repository.ts'
import { sealJournal } from '../stroke-repository.ts'
import type { Finding } from './check.ts'
import { factReader, subjectId } from './fact-reader.ts'

const rescored = z.object({
  scores: z.array(
    z.object({
      explanation: z.int(),
      maskVariant: z.enum(['standard', 'paper']),
      maskKey: z.string(),
      obalex: z.number().nullable(),
    }),
  ),
})

const reviewed = rescored.extend({
  image: z.int(),
  at: z.int(),
  verdict: z.string(),
  reasons: z.array(z.string()),
  comment: z.string().nullable(),
  journals: z.array(z.object({ instance: z.int(), base: z.int(), count: z.int(), upTo: z.int(), sha256: z.string() })),
})
type Reviewed = z.infer<typeof reviewed>
type Difference = Pick<Finding, 'subject' | 'message'>

/**
 * A review says what its auditor said, its strokes are those that were painted, and its scores are there. The masks that
 * came of it are compared with those of imports.
 */
export const reviewFacts = factReader(['review.save'], reviewed, async (db, { data, entry }) => {
  const id = subjectId(entry, 'review') as ReviewId
  const review = await findReview(db, id)
  const subject = `review ${id}`
  if (!review) return { subject, message: `review ${id} is missing` }
  const { imageId, createdAt, verdict, reasons, comment, auditor, auditSeq } = review
  const found = { image: imageId, at: createdAt, verdict, reasons: [...reasons], comment: hashComment(comment) }
  const { image, at, verdict: given, reasons: named, comment: hashed } = data
  const said = { image, at, verdict: given, reasons: named, comment: hashed }
  if (canonicalJson(found) !== canonicalJson(said) || auditor !== entry.actor || auditSeq !== entry.seq) {
    return { subject, message: `review ${id} is another one` }
  }
  return (await otherStrokes(db, data)) ?? otherScores(db, data)
})

/** What became of an image's scores when another object was chosen for it is there. */
export const rescoringFacts = factReader(['image.rescore', 'image.object'], rescored, (db, { data }) =>
  otherScores(db, data),
)

/** A review that the log does not have: somebody else's. */
export async function unloggedReview(db: Kysely<Schema>): Promise<Finding | null> {
  const id = await firstReviewWithoutEntry(db)
  if (id === null) return null
  return { kind: 'record', subject: `review ${id}`, message: `the audit log does not have review ${id}` }
}

async function otherStrokes(db: Kysely<Schema>, { journals }: Reviewed): Promise<Difference | null> {
  for (const { instance, base, count, upTo, sha256 } of journals) {
    const key = { instanceMaskId: instance as InstanceMaskId, baseNumber: base }
    const seal = await sealJournal(db, key, upTo as StrokeId)
    if (seal?.sha256 === sha256 && seal.count === count) continue
    const message = `the strokes on revision ${base} of mask ${instance} are not those that were painted`
    return { subject: `instance_mask ${instance}`, message }
  }
  return null
}

async function otherScores(db: Kysely<Schema>, { scores }: z.infer<typeof rescored>): Promise<Difference | null> {
  for (const { explanation, maskVariant, maskKey, obalex } of scores) {
    const score = await findScore(db, { explanationId: explanation as ExplanationId, maskVariant, maskKey })
    if (score?.obalex === obalex) continue
    const subject = score ? `score ${score.id}` : `explanation ${explanation}`
    return { subject, message: `the score ${obalex} of map ${explanation} is ${score ? score.obalex : 'missing'}` }
  }
  return null
}
