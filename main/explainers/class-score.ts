/** What is explained: the score of a class, or how far it is above that of another one. */
export interface ExplainedScore {
  readonly classIndex: number
  /** the class whose score is subtracted; null: none */
  readonly against: number | null
}

/**
 * The explained score out of the scores of one image.
 * @param scores one a class: logits, or probabilities
 */
export function classScore(scores: ArrayLike<number>, { classIndex, against }: ExplainedScore): number {
  return against === null ? scores[classIndex]! : scores[classIndex]! - scores[against]!
}
