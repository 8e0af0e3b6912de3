import type { z } from 'zod'
import type { NativeMap } from '#common/explanation/native-map.ts'
import type { Classifier } from '#main/tensor/classifier.ts'
import type { ExplainedScore } from './class-score.ts'

/** `paper`: as the authors of ObAlEx ran the method; `standard`: as the method's own paper defines it. */
export type Variant = 'standard' | 'paper'

/** `classIndex` and `against`: the score that is explained. */
export interface ExplainRequest<Options> extends ExplainedScore {
  readonly classifier: Classifier
  /** the preprocessed photo, [height, width, 3] float32 at the classifier's input size */
  readonly input: Float32Array
  /** the photo itself, RGB bytes of the same shape */
  readonly photo: Uint8Array
  readonly variant: Variant
  readonly options: Options
  readonly signal: AbortSignal
  /** share of the work that is done, 0…1 */
  readonly onProgress: (share: number) => void
}

/** An explanation method. Everything that shows or stores methods (flags, forms, tables) is derived from this. */
export interface Explainer<Options = unknown> {
  readonly id: string
  readonly label: string
  /** one sentence for people who do not know the method */
  readonly description: string
  /** those that it has; `standard` first */
  readonly variants: readonly Variant[]
  /** zod schema with a default and a description for every option */
  readonly options: z.ZodObject & z.ZodType<Options>
  /** It begins with the network's clean pass over the photo, which is computed once for all that do, and for the prediction. */
  readonly startsFromCleanPass?: true
  explain(request: ExplainRequest<Options>): Promise<NativeMap>
}
