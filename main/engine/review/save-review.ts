import type { Transaction } from 'kysely'
import type { JsonObject } from '#common/contract/canonical-json.ts'
import type { ImageId } from '#common/contract/ids.ts'
import { encodeRle, sameRle } from '#common/mask/rle.ts'
import type { AuditEntryInput } from '#main/project/audit-log.ts'
import { getImage, type ProjectImage } from '#main/project/image-repository.ts'
import { addCorrection, currentMasks } from '#main/project/mask-repository.ts'
import { storedMask, type CurrentMask, type MaskRevision } from '#main/project/mask-rows.ts'
import type { Project } from '#main/project/project.ts'
import { hashComment, insertReview, type NewReview, type StoredReview } from '#main/project/review-repository.ts'
import type { Schema } from '#main/project/schema.ts'
import { sealJournal, type JournalKey, type JournalSeal } from '#main/project/stroke-repository.ts'
import { objectMatching } from '../class-matching.ts'
import { readObjectMask, rleOf } from '../object-mask.ts'
import { loggedScores, rescoreImage, type NewScoreOfMap } from './rescore-image.ts'
import { journalOf, type StrokeJournals } from './stroke-journals.ts'

/** What a saved review came to. */
export interface SavedReview {
  readonly review: StoredReview
  readonly seals: readonly (JournalKey & JournalSeal)[]
  readonly revisions: readonly MaskRevision[]
  readonly scores: readonly NewScoreOfMap[]
}

/**
 * Saves a review in one transaction with one entry in the audit log: the verdict, a revision of each mask that its
 * journal changed, and the scores of the image's maps with the masks as they are then. The entry has the hash over each
 * journal, so that the strokes are proved by the log although they are not in it.
 * @throws AppError 'record.missing'; 'mask.size'; as `Project.write`. Nothing is kept then, and the journals stay as they are.
 */
export async function saveReview(
  {
    project,
    journals,
    now,
  }: { readonly project: Project; readonly journals: StrokeJournals; readonly now: () => number },
  review: NewReview,
): Promise<SavedReview> {
  return journals.inTurn(() =>
    project.write<SavedReview>(entryOf, async (trx) => {
      const at = now()
      const image = await getImage(trx, review.imageId)
      const corrected = await correctMasks({ project, journals, trx, at }, review)
      const hasChanged = corrected.revisions.length > 0
      const scores = hasChanged ? await rescore({ project, trx, at }, image) : []
      return { review: await insertReview(trx, review, at), scores, ...corrected }
    }),
  )
}

interface Saving {
  readonly project: Project
  readonly trx: Transaction<Schema>
  readonly at: number
}

/** Seals the journals of an image, and makes a revision where one leads to another mask than it began with. */
async function correctMasks(
  { project, journals, trx, at }: Saving & { readonly journals: StrokeJournals },
  { imageId, auditor }: NewReview,
): Promise<Pick<SavedReview, 'seals' | 'revisions'>> {
  const seals: (JournalKey & JournalSeal)[] = []
  const revisions: MaskRevision[] = []
  for (const current of await masksOf(trx, imageId)) {
    const key = journalOf(current)
    const seal = await sealJournal(trx, key)
    if (!seal) continue
    seals.push({ ...key, ...seal })
    const rle = encodeRle(await journals.read(project, trx, current))
    if (sameRle(rle, rleOf(current.revision.mask))) continue
    const correction = { instanceMaskId: current.instance.id, auditor, mask: storedMask(rle) }
    revisions.push(await addCorrection(trx, correction, at))
  }
  return { seals, revisions }
}

async function rescore({ project, trx, at }: Saving, image: ProjectImage): Promise<NewScoreOfMap[]> {
  const objectMask = await readObjectMask(trx, image, await objectMatching(project))
  return rescoreImage(trx, { image, objectMask, now: at })
}

async function masksOf(trx: Transaction<Schema>, imageId: ImageId): Promise<readonly CurrentMask[]> {
  return (await currentMasks(trx, [imageId])).get(imageId) ?? []
}

/** A comment may name people, and an entry can never be taken back: the log has its hash. */
function entryOf({ review, seals, revisions, scores }: SavedReview): AuditEntryInput {
  const { id, imageId, verdict, reasons, comment, auditor, createdAt } = review
  const data: JsonObject = {
    image: imageId,
    at: createdAt,
    verdict,
    reasons: [...reasons],
    comment: hashComment(comment),
    journals: seals.map(({ instanceMaskId, baseNumber, count, upTo, sha256 }) => ({
      instance: instanceMaskId,
      base: baseNumber,
      count,
      upTo,
      sha256,
    })),
    corrections: revisions.map((revision) => ({
      instance: revision.instanceMaskId,
      revision: revision.number,
      id: revision.id,
      sha256: revision.sha256,
    })),
    scores: loggedScores(scores),
  }
  return { actor: auditor, action: 'review.save', subject: `review:${id}`, data }
}
