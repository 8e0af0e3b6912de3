import type { Kysely } from 'kysely'
import type { Variant } from '#common/contract/procedures/common.ts'
import type { StoredMap } from '#common/contract/procedures/reviewing.ts'
import type { ScoreNumbers } from '#common/contract/procedures/scoring.ts'
import { mapGrid } from '#common/explanation/map-grid.ts'
import { decodeNative, type EncodedNativeMap } from '#common/explanation/native-map.ts'
import { readNative, type Explanation } from '#main/project/explanation-repository.ts'
import type { Prediction } from '#main/project/prediction-repository.ts'
import type { Schema } from '#main/project/schema.ts'
import { listScores, scoreNumbers, type MaskVariant, type Score } from '#main/project/score-repository.ts'
import type { JudgedModel } from './matchings.ts'

export interface MapContext {
  readonly prediction: Pick<Prediction, 'classIndex' | 'classLabel'>
  readonly judged: Pick<JudgedModel, 'model' | 'card'>
  /** of the object mask before any correction, and as it is now */
  readonly keys: { readonly machine: string; readonly current: string }
}

/** An explanation as it is shown, once for each mask rule that it was scored by. */
export async function readStoredMaps(
  db: Kysely<Schema>,
  explanation: Explanation,
  context: MapContext,
): Promise<StoredMap[]> {
  const { id, options } = explanation
  const scores = await listScores(db, id)
  const native = await readNative(db, explanation)
  const map = { id, options, ...aboutMap(explanation, native, context), ...native }
  return variantsOf(scores).map((maskVariant) => ({ ...map, ...scoresOf(scores, maskVariant, context.keys) }))
}

/** What a map shows and where it lies. */
export function aboutMap(
  { method, variant, classIndex }: Pick<Explanation, 'method' | 'variant' | 'classIndex'>,
  native: EncodedNativeMap,
  { prediction, judged: { model, card } }: Omit<MapContext, 'keys'>,
): Pick<StoredMap, 'modelId' | 'model' | 'method' | 'variant' | 'classIndex' | 'classLabel' | 'grid'> {
  const classLabel = classIndex === prediction.classIndex ? prediction.classLabel : card.labels?.[classIndex]
  return {
    ...{ modelId: model.id, model: model.name, method, variant: variant as Variant, classIndex },
    classLabel: classLabel ?? `class ${classIndex}`,
    grid: mapGrid(decodeNative(native), card),
  }
}

function variantsOf(scores: readonly Score[]): MaskVariant[] {
  const variants = new Set(scores.map(({ maskVariant }) => maskVariant))
  return variants.size > 0 ? [...variants] : ['standard']
}

function scoresOf(
  scores: readonly Score[],
  maskVariant: MaskVariant,
  { machine, current }: MapContext['keys'],
): Pick<StoredMap, 'maskVariant' | 'machineScore' | 'score'> {
  const numbersOf = (key: string): ScoreNumbers | null => {
    const found = scores.find((score) => score.maskVariant === maskVariant && score.maskKey === key)
    return found ? scoreNumbers(found) : null
  }
  return { maskVariant, machineScore: numbersOf(machine), score: numbersOf(current) }
}
