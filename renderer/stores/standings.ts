import type { ScoreDot } from '../canvas/explain/score-dots.ts'
import type { Distribution } from './score-lines.ts'

/** Where an image stands among those of an average. */
export interface Standing {
  readonly dots: readonly ScoreDot[]
  /** score of the image; null: it is in no average, or has none */
  readonly here: number | null
  /** of the image among them from the lowest, from 1; null: it is not among them */
  readonly rank: number | null
}

/** The scores of the correctly classified images, and where one of them is. @param image null: none is on screen */
export function standingOf({ images, obalex, isCorrect }: Distribution, image: number | null): Standing {
  const dots: ScoreDot[] = []
  obalex.forEach((score, i) => {
    if (isCorrect[i] === 1 && !Number.isNaN(score)) dots.push({ image: images[i]!, score })
  })
  const here = dots.find((dot) => dot.image === image)?.score ?? null
  const rank = here === null ? null : 1 + dots.filter(({ score }) => score < here).length
  return { dots, here, rank }
}
