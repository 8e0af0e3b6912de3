import type { Kysely } from 'kysely'
import { z } from 'zod'
import { canonicalJson } from '#common/contract/canonical-json.ts'
import type { HandChoiceId, ObjectRuleId } from '#common/contract/ids.ts'
import { findHandChoice, findObjectRule, firstChoiceWithoutEntry } from '../object-choice-repository.ts'
import type { Schema } from '../schema.ts'
import type { Finding } from './check.ts'
import { factReader, subjectId } from './fact-reader.ts'

const ruled = z.object({ minConfidence: z.number(), pick: z.string(), at: z.int() })

/** What was chosen for the objects of the project is there as it was. */
export const objectRuleFacts = factReader(['object-rule.assign'], ruled, async (db, { data, entry }) => {
  const id = subjectId(entry, 'object-rule') as ObjectRuleId
  const rule = await findObjectRule(db, id)
  const subject = `object_rule ${id}`
  if (!rule) return { subject, message: `the rule ${id} of the objects is missing` }
  const isSame =
    rule.minConfidence === data.minConfidence &&
    rule.pick === data.pick &&
    rule.createdAt === data.at &&
    rule.auditSeq === entry.seq
  return isSame ? null : { subject, message: `the rule ${id} of the objects is another one` }
})

const chosen = z.object({ image: z.int(), at: z.int(), leftOut: z.array(z.int()).nullable() })

/** What an auditor chose by hand is there as it was. */
export const handChoiceFacts = factReader(['image.object'], chosen, async (db, { data, entry }) => {
  const id = subjectId(entry, 'hand-choice') as HandChoiceId
  const choice = await findHandChoice(db, id)
  const subject = `hand_choice ${id}`
  if (!choice) return { subject, message: `the choice ${id} by hand is missing` }
  const isSame =
    Number(choice.imageId) === data.image &&
    canonicalJson(choice.leftOut && [...choice.leftOut]) === canonicalJson(data.leftOut) &&
    choice.createdAt === data.at &&
    choice.auditor === entry.actor &&
    choice.auditSeq === entry.seq
  return isSame ? null : { subject, message: `the choice ${id} by hand is another one` }
})

/** A choice that the log does not have: somebody else's. */
export async function unloggedChoice(db: Kysely<Schema>): Promise<Finding | null> {
  for (const table of ['object_rule', 'hand_choice'] as const) {
    const id = await firstChoiceWithoutEntry(db, table)
    if (id === null) continue
    return { kind: 'record', subject: `${table} ${id}`, message: `the audit log does not have ${table} ${id}` }
  }
  return null
}
