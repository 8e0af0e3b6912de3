import type { JsonObject } from '#common/contract/canonical-json.ts'
import type { AuditEntryInput } from '#main/project/audit-log.ts'
import { insertFlag, type NewFlag, type StoredFlag } from '#main/project/flag-repository.ts'
import { getImage } from '#main/project/image-repository.ts'
import type { Project } from '#main/project/project.ts'

/**
 * Puts a flag on an image or takes it away, with an entry in the audit log.
 * @throws AppError 'record.missing'; as `Project.write`
 */
export async function flagImage(project: Project, flag: NewFlag, now: () => number): Promise<void> {
  await project.write<StoredFlag>(entryOf, async (trx) => {
    await getImage(trx, flag.imageId)
    return insertFlag(trx, flag, now())
  })
}

function entryOf({ id, imageId, isSet, auditor, createdAt }: StoredFlag): AuditEntryInput {
  const data: JsonObject = { image: imageId, at: createdAt, isSet }
  return { actor: auditor, action: 'image.flag', subject: `flag:${id}`, data }
}
