import type { Kysely } from 'kysely'
import { z } from 'zod'
import { canonicalJson, type Json } from '#common/contract/canonical-json.ts'
import { readProjectInfo } from '../project-info.ts'
import type { Schema } from '../schema.ts'
import { factReader, json, subjectId } from './fact-reader.ts'

const created = z.object({ id: z.string(), createdBy: z.string() })

/** The project is the one that was made. */
export const projectFacts = factReader(['project.create'], created, async (db, { data }) => {
  const info = await readProjectInfo(db)
  if (info.id === data.id && info.createdBy === data.createdBy) return null
  return { subject: 'meta', message: `the file says that it is project ${info.id} by ${info.createdBy}` }
})

/** A model that was used is there, with the bytes that it had. */
export const modelFacts = factReader(['model.use'], z.object({ sha256: z.string() }), async (db, { data, entry }) => {
  const id = subjectId(entry, 'model')
  const row = await db
    .selectFrom('model')
    .where('id', '=', id as never)
    .select('sha256')
    .executeTakeFirst()
  if (row?.sha256 === data.sha256) return null
  return { subject: `model ${id}`, message: row ? `model ${id} has another hash` : `model ${id} is missing` }
})

/** A job was asked for what its row says. */
export const jobFacts = factReader(
  ['job.start', 'job.resume'],
  z.object({ spec: json }),
  async (db, { data, entry }) => {
    const id = subjectId(entry, 'job')
    const row = await db
      .selectFrom('job')
      .where('id', '=', id as never)
      .select('spec')
      .executeTakeFirst()
    if (row?.spec === canonicalJson(data.spec)) return null
    return { subject: `job ${id}`, message: row ? `job ${id} was asked for something else` : `job ${id} is missing` }
  },
)

const names = z.record(z.string(), z.string())
const guessed = z.object({ entries: names })
const grouped = z.object({
  models: z.array(z.object({ model: z.number(), entries: names })),
  objects: names.nullable(),
})
const assigned = z.object({ map: z.object({ classifier: names, objects: names }).partial() })

/** A class map that was put in force is there as it was. */
export const classMapFacts = factReader(
  ['class-map.guess', 'class-map.assign'],
  z.union([guessed, grouped, assigned]),
  async (db, { data, entry }) => {
    const maps = await storedMaps(db)
    const isThere =
      'entries' in data
        ? maps.has(keyOf(subjectId(entry, 'model'), data.entries))
        : 'models' in data
          ? isGrouped(maps, data)
          : isAssigned(maps, data.map)
    if (isThere) return null
    return { subject: 'class_map', message: 'a class map that was put in force is missing, or was changed' }
  },
)

interface StoredMaps {
  has(key: string): boolean
  /** `class → label` of all maps of models */
  readonly pairs: ReadonlySet<string>
}

async function storedMaps(db: Kysely<Schema>): Promise<StoredMaps> {
  const rows = await db.selectFrom('class_map').select(['model_id', 'entries']).execute()
  const keys = new Set(rows.map(({ model_id, entries }) => `${model_id} ${entries}`))
  const pairs = rows.flatMap(({ model_id, entries }) =>
    model_id === null ? [] : Object.entries(JSON.parse(entries) as Record<string, string>).map(pairOf),
  )
  return { has: (key) => keys.has(key), pairs: new Set(pairs) }
}

function isGrouped(maps: StoredMaps, { models, objects }: z.infer<typeof grouped>): boolean {
  const isThere = (model: number | null, entries: z.infer<typeof names>): boolean => maps.has(keyOf(model, entries))
  return models.every(({ model, entries }) => isThere(model, entries)) && (objects === null || isThere(null, objects))
}

/** A map that the user gave is kept in parts: that of the objects, and for each model the classes that it has. */
function isAssigned(maps: StoredMaps, { classifier = {}, objects = {} }: z.infer<typeof assigned>['map']): boolean {
  const hasObjects = Object.keys(objects).length === 0 || maps.has(keyOf(null, objects))
  return hasObjects && Object.entries(classifier).every((pair) => maps.pairs.has(pairOf(pair)))
}

function keyOf(modelId: number | null, entries: Readonly<Record<string, Json>>): string {
  return `${modelId} ${canonicalJson(entries)}`
}

function pairOf([name, label]: readonly [string, string]): string {
  return JSON.stringify([name, label])
}
