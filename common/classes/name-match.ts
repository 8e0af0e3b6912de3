import { classNames } from './class-map.ts'
import { foldName } from './fold.ts'
import { singularName } from './singular.ts'
import { englishWord, everydayWord } from './words.ts'

/** Why a name was taken for a label, surest first; shown beside each guess. */
export const guessReasons = ['exact', 'synonym', 'plural', 'translation', 'imagenet-group'] as const
export type GuessReason = (typeof guessReasons)[number]

/** Why one name means another. */
export type NameReason = Exclude<GuessReason, 'imagenet-group'>

/** The names of a class or category, made comparable once for many comparisons. */
export interface NameForms {
  /** The whole name, then its comma-separated parts. */
  readonly folded: readonly string[]
  readonly singular: readonly string[]
  readonly words: readonly (string | null)[]
}

/** A label of a dataset, made comparable. */
export interface LabelForms {
  readonly folded: string
  readonly singular: string
  readonly word: string | null
}

/** @param isTranslated whether the name may be of another language than English */
export function nameForms(name: string, { isTranslated }: { readonly isTranslated: boolean }): NameForms {
  const folded = classNames(name).map(foldName)
  return { folded, singular: folded.map(singularName), words: folded.map(isTranslated ? everydayWord : englishWord) }
}

export function labelForms(label: string): LabelForms {
  const folded = foldName(label)
  return { folded, singular: singularName(folded), word: everydayWord(label) }
}

/**
 * Why a class or category means a label, or null. Case, accents and separators never matter.
 * `exact`: the whole name; `synonym`: one of its comma-separated parts; `plural`: one of them but for English plural;
 * `translation`: another word for the same everyday thing.
 */
export function nameReason(name: NameForms, label: LabelForms): NameReason | null {
  if (name.folded[0] === label.folded) return 'exact'
  if (name.folded.includes(label.folded)) return 'synonym'
  if (name.singular.includes(label.singular)) return 'plural'
  return label.word !== null && name.words.includes(label.word) ? 'translation' : null
}
