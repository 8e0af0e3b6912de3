import { hash } from 'node:crypto'
import type { Kysely, Transaction } from 'kysely'
import type { TabledPrediction } from '#common/classes/prediction-csv.ts'
import { canonicalJson, type JsonObject } from '#common/contract/canonical-json.ts'
import { AppError } from '#common/contract/errors.ts'
import type { ImageId, ModelId } from '#common/contract/ids.ts'
import { encodeNative, type EncodedNativeMap, type GridMap } from '#common/explanation/native-map.ts'
import type { PlacelessDefect } from '#main/datasets/defects.ts'
import { appendAudit } from '#main/project/audit-log.ts'
import {
  findExplanation,
  importedOptions,
  saveExplanation,
  type Explanation,
} from '#main/project/explanation-repository.ts'
import type { ProjectImage } from '#main/project/image-repository.ts'
import {
  assumedRight,
  findPrediction,
  madeElsewhere,
  savePrediction,
  type NewPrediction,
  type Prediction,
} from '#main/project/prediction-repository.ts'
import type { Schema } from '#main/project/schema.ts'
import { listScores, saveScore } from '#main/project/score-repository.ts'
import type { ObjectMatching } from '../class-matching.ts'
import { readObjectMask, type ObjectMask } from '../object-mask.ts'
import { maskOnGrids, scoreNative } from '../score-map.ts'
import { NamedClasses, unknownClass, type ModelOfMaps } from './model-of-maps.ts'

/** What maps are taken in with. */
export interface TakingParts {
  readonly db: Kysely<Schema>
  /** null: a dry run; `modelId` is that of the maps' classifier */
  readonly writing: { readonly trx: Transaction<Schema>; readonly modelId: ModelId } | null
  readonly of: ModelOfMaps
  readonly method: string
  /** what a table says that the classifier answered */
  readonly table: ReadonlyMap<ImageId, TabledPrediction>
  readonly matching: ObjectMatching
  readonly actor: string
  readonly now: () => number
}

/** Maps are scored by this mask rule. */
const maskVariant = 'standard'
const options = importedOptions

type Outcome = 'new' | 'known' | PlacelessDefect
type Answer = Prediction | NewPrediction

/**
 * Takes maps that were made elsewhere into a project and scores them, or in a dry run only says what would become of
 * them. One that is there already is known again; its score is brought up to date where the object mask has changed.
 */
export class MapTaker {
  readonly #parts: TakingParts
  readonly classes: NamedClasses

  constructor(parts: TakingParts) {
    this.#parts = parts
    this.classes = new NamedClasses(parts.of)
  }

  async take(image: ProjectImage, native: GridMap): Promise<Outcome> {
    const answer = await this.#answerOf(image)
    if ('kind' in answer) return answer
    const encoded = encodeNative(native)
    const known = await this.#known(answer)
    if (known && !isSame(known, encoded)) return { kind: 'map-differs', action: 'refused', image: image.file }
    const sizeDefect = this.#sizeDefect(native)
    if (sizeDefect) return sizeDefect
    try {
      await this.#keep(image, { answer, encoded, known })
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'mask.size') throw error
      return { kind: 'map-unscorable', action: 'refused', reason: error.message }
    }
    return known ? 'known' : 'new'
  }

  async #answerOf(image: ProjectImage): Promise<Answer | PlacelessDefect> {
    const { db, of, table } = this.#parts
    const modelId = this.#modelId
    const known = modelId && (await findPrediction(db, { imageId: image.id, modelId, imageSha256: image.sha256 }))
    const given = table.get(image.id)
    if (known && given && known.classLabel !== given.label) {
      const { classLabel } = known
      return { kind: 'answer-differs', action: 'refused', image: image.file, known: classLabel, given: given.label }
    }
    if (known) return known
    if (of.answers === 'assumed')
      return this.#newAnswer(image, { label: image.label ?? unknownClass, probability: null })
    if (given) return this.#newAnswer(image, given)
    return { kind: 'answer-missing', action: 'refused', image: image.file, from: of.answers }
  }

  #newAnswer(image: ProjectImage, { label, probability }: TabledPrediction): NewPrediction {
    const classIndex = this.classes.indexOf(label)
    return {
      imageId: image.id,
      // of no use in a dry run, which keeps nothing
      modelId: this.#modelId ?? (0 as ModelId),
      imageSha256: image.sha256,
      classIndex,
      classLabel: label,
      probability,
      logit: null,
      top: probability === null ? [] : [[classIndex, probability, null]],
      runtime: this.#parts.of.answers === 'file' ? madeElsewhere : assumedRight,
    }
  }

  async #known(answer: Answer): Promise<Explanation | null> {
    if (!('id' in answer)) return null
    const { db, method } = this.#parts
    const { id: predictionId, classIndex } = answer
    return findExplanation(db, { predictionId, method, variant: 'standard', options, classIndex })
  }

  /** A classifier that sees a part of each photo says which only at the size of its input. */
  #sizeDefect({ rows, cols }: GridMap): PlacelessDefect | null {
    const { width, height, fit } = this.#parts.of.card
    if (fit === 'stretch' || (cols === width && rows === height)) return null
    const reason = `has ${cols}×${rows} cells; ${this.#parts.of.name} sees a part of each photo, so that its maps need the ${width}×${height} of its input`
    return { kind: 'map-broken', action: 'refused', reason }
  }

  /** @throws AppError 'mask.size' */
  async #keep(
    image: ProjectImage,
    { answer, encoded, known }: { answer: Answer; encoded: EncodedNativeMap; known: Explanation | null },
  ): Promise<void> {
    const { db, writing, matching, of, method, actor, now } = this.#parts
    const objectMask = await readObjectMask(db, image, matching)
    if (known && (await this.#isScored(known, objectMask))) return
    const rle = objectMask.rle()
    if (!writing) return
    const { trx } = writing
    const maskOn = maskOnGrids(() => rle, { photo: image, variant: maskVariant })
    const score = scoreNative(encoded, { maskOn, input: of.card, variant: maskVariant })
    const predictionId = await savePrediction(trx, answer, now())
    const explanationId = await saveExplanation(
      trx,
      {
        ...{ predictionId, method, variant: 'standard', options, classIndex: answer.classIndex },
        ...{ header: JSON.parse(encoded.header) as JsonObject, bytes: encoded.values },
        ...{ note: null, runtime: madeElsewhere, seconds: 0 },
      },
      now(),
    )
    await saveScore(trx, { ...score, explanationId, maskVariant, maskKey: objectMask.key }, now())
    const entry = {
      model: writing.modelId,
      imageSha256: image.sha256,
      class: answer.classIndex,
      maskVariant,
      maskKey: objectMask.key,
      scores: [{ method, variant: 'standard', obalex: score.obalex, map: hash('sha256', encoded.values) }],
    }
    await appendAudit(trx, { actor, action: 'image.score', subject: `image:${image.id}`, data: entry }, now())
  }

  async #isScored({ id }: Explanation, { key }: ObjectMask): Promise<boolean> {
    const scores = await listScores(this.#parts.db, id)
    return scores.findLast((score) => score.maskVariant === maskVariant)?.maskKey === key
  }

  get #modelId(): ModelId | null {
    return this.#parts.writing?.modelId ?? this.#parts.of.model?.id ?? null
  }
}

function isSame(known: Explanation, { header, values }: EncodedNativeMap): boolean {
  return (
    known.blobSha256 === hash('sha256', values) &&
    canonicalJson(known.header) === canonicalJson(JSON.parse(header) as JsonObject)
  )
}
