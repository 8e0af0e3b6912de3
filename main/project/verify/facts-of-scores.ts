import type { Kysely } from 'kysely'
import { z } from 'zod'
import type { ImageId } from '#common/contract/ids.ts'
import type { AuditEntry } from '../audit-log.ts'
import { inChunks } from '../paging.ts'
import type { Schema } from '../schema.ts'
import { disprovedBy, subjectId } from './fact-reader.ts'
import type { Facts, ReadFacts } from './facts.ts'
import type { UndoneImports } from './undone-imports.ts'

const scored = z.object({
  model: z.int(),
  imageSha256: z.string(),
  class: z.int(),
  maskVariant: z.string(),
  maskKey: z.string(),
  scores: z.array(
    z.object({
      method: z.string(),
      variant: z.string(),
      obalex: z.number().nullable(),
      /** hash of the map, said of those that were made elsewhere and cannot be computed again */
      map: z.string().exactOptional(),
    }),
  ),
})

interface ScoredImage {
  readonly entry: AuditEntry
  readonly imageId: ImageId
  readonly data: z.infer<typeof scored>
}

/** What was predicted of an image, and the values that are kept under each key of a score. */
interface Stored {
  readonly classIndex: number
  readonly values: Map<string, (number | null)[]>
  /** `method hash` */
  readonly maps: Set<string>
}

/** What was predicted and scored is there, with the numbers that it had; but for what went with an import. */
export class ScoreFacts {
  /** keys that earlier entries have named */
  readonly #named = new Set<string>()
  readonly #undone: UndoneImports

  constructor(undone: UndoneImports) {
    this.#undone = undone
  }

  readonly read: ReadFacts = async (db, entries) => {
    const all = entries.flatMap(asScoredImage)
    const images = all.filter(({ imageId, entry }) => !this.#undone.hasTaken(imageId, entry.seq))
    let count = 0
    for (const chunk of inChunks(images, 200)) {
      const stored = await storedScores(db, chunk)
      for (const image of chunk) {
        const disproved = this.#compare(image, stored)
        if (disproved) return { count, disproved }
        count += 1 + image.data.scores.length
      }
    }
    return { count, disproved: null }
  }

  #compare({ entry, imageId, data }: ScoredImage, stored: ReadonlyMap<string, Stored>): Facts['disproved'] {
    const subject = `image ${imageId}`
    const disprove = (message: string): Facts['disproved'] => ({
      entry,
      finding: disprovedBy(entry, { subject, message }),
    })
    const predictionKey = keyOfPrediction(imageId, data.model, data.imageSha256)
    const prediction = stored.get(predictionKey)
    if (!prediction) return disprove(`what model ${data.model} said of image ${imageId} is missing`)
    if (prediction.classIndex !== data.class) {
      return disprove(
        `model ${data.model} is said to see class ${prediction.classIndex} in image ${imageId}, not ${data.class}`,
      )
    }
    for (const { obalex, map, ...score } of data.scores) {
      if (map !== undefined && !prediction.maps.has(`${score.method} ${map}`)) {
        return disprove(
          `the ${score.method} map of image ${imageId} and model ${data.model} is not the one that came in`,
        )
      }
      const key = keyOfScore({ ...score, maskVariant: data.maskVariant, maskKey: data.maskKey })
      const values = prediction.values.get(key) ?? []
      if (!values.includes(obalex) && !this.#named.has(`${predictionKey} ${key}`)) {
        const now = values.length > 0 ? values.join(' and ') : 'missing'
        return disprove(`the ${score.method} score ${obalex} of image ${imageId} and model ${data.model} is ${now}`)
      }
    }
    // later, only from here on: one entry may name a key twice, for two sets of options of one method
    for (const score of data.scores) {
      this.#named.add(
        `${predictionKey} ${keyOfScore({ ...score, maskVariant: data.maskVariant, maskKey: data.maskKey })}`,
      )
    }
    return null
  }
}

function asScoredImage(entry: AuditEntry): ScoredImage[] {
  const parsed = entry.action === 'image.score' ? scored.safeParse(entry.data) : null
  return parsed?.success ? [{ entry, imageId: subjectId(entry, 'image') as ImageId, data: parsed.data }] : []
}

async function storedScores(db: Kysely<Schema>, images: readonly ScoredImage[]): Promise<Map<string, Stored>> {
  const rows = await db
    .selectFrom('prediction')
    .leftJoin('explanation', 'explanation.prediction_id', 'prediction.id')
    .leftJoin('score', 'score.explanation_id', 'explanation.id')
    .where('prediction.image_id', 'in', [...new Set(images.map(({ imageId }) => imageId))])
    .select(['prediction.image_id', 'prediction.model_id', 'prediction.image_sha256', 'prediction.class_index'])
    .select(['explanation.blob_sha256 as map'])
    .select(['explanation.method', 'explanation.variant', 'score.mask_variant', 'score.mask_key', 'score.obalex'])
    .execute()
  const stored = new Map<string, Stored>()
  for (const row of rows) {
    const key = keyOfPrediction(row.image_id, row.model_id, row.image_sha256)
    const prediction = stored.get(key) ?? newStored(row.class_index)
    stored.set(key, prediction)
    if (row.map !== null) prediction.maps.add(`${row.method} ${row.map}`)
    const { method, variant, mask_variant: maskVariant, mask_key: maskKey } = row
    if (method === null || variant === null || maskVariant === null || maskKey === null) continue
    const scoreKey = keyOfScore({ method, variant, maskVariant, maskKey })
    const values = prediction.values.get(scoreKey)
    if (values) values.push(row.obalex)
    else prediction.values.set(scoreKey, [row.obalex])
  }
  return stored
}

function newStored(classIndex: number): Stored {
  return { classIndex, values: new Map(), maps: new Set() }
}

function keyOfPrediction(imageId: number, modelId: number, imageSha256: string): string {
  return `${imageId} ${modelId} ${imageSha256}`
}

function keyOfScore({
  method,
  variant,
  maskVariant,
  maskKey,
}: Readonly<Record<'method' | 'variant' | 'maskVariant' | 'maskKey', string>>): string {
  return JSON.stringify([method, variant, maskVariant, maskKey])
}
