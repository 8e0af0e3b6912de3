import type { Kysely } from 'kysely'
import { z } from 'zod'
import type { FlagId } from '#common/contract/ids.ts'
import { findFlag, firstFlagWithoutEntry } from '../flag-repository.ts'
import type { Schema } from '../schema.ts'
import type { Finding } from './check.ts'
import { factReader, subjectId } from './fact-reader.ts'

const flagged = z.object({ image: z.int(), at: z.int(), isSet: z.boolean() })

/** A flag is the one that was put, or taken away. */
export const flagFacts = factReader(['image.flag'], flagged, async (db, { data, entry }) => {
  const id = subjectId(entry, 'flag') as FlagId
  const subject = `flag ${id}`
  const flag = await findFlag(db, id)
  if (!flag) return { subject, message: `${subject} is missing` }
  const isSame =
    Number(flag.imageId) === data.image &&
    flag.isSet === data.isSet &&
    flag.createdAt === data.at &&
    flag.auditor === entry.actor &&
    flag.auditSeq === entry.seq
  return isSame ? null : { subject, message: `${subject} is another one` }
})

/** A flag that the log does not have: somebody else's. */
export async function unloggedFlag(db: Kysely<Schema>): Promise<Finding | null> {
  const id = await firstFlagWithoutEntry(db)
  if (id === null) return null
  return { kind: 'record', subject: `flag ${id}`, message: `the audit log does not have flag ${id}` }
}
