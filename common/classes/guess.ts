import { imageNetGroup, imageNetStart } from './imagenet-groups.ts'
import {
  guessReasons,
  labelForms,
  nameForms,
  nameReason,
  type GuessReason,
  type NameForms,
  type NameReason,
} from './name-match.ts'
import { englishWord, everydayWord } from './words.ts'

/** One class of a classifier and the label it was taken for. */
export interface ClassGuess {
  readonly classIndex: number
  readonly name: string
  readonly label: string
  readonly reason: GuessReason
}

/** One category of objects and the label it was taken for. */
export interface ObjectGuess {
  readonly category: string
  readonly label: string
  readonly reason: NameReason
}

/** A guess with the number of classes that the same reason found: of two groups the smaller one says more. */
interface Candidate extends ClassGuess {
  readonly breadth: number
}

/**
 * Guesses which of a classifier's classes mean which labels of a dataset: by name, by one of its comma-separated
 * synonyms, by singular and plural, by a small table of translations, and for ImageNet-1000 by groups of classes
 * ("dog" is 118 breeds). The surest reason wins; of two groups the smaller one; of two labels the first.
 * @returns the guesses in order of class index, and the labels that no class was found for
 */
export function guessClassMap(
  modelLabels: readonly string[],
  datasetLabels: readonly string[],
): { readonly classifier: ClassGuess[]; readonly unmatchedLabels: string[] } {
  const labels = [...new Set(datasetLabels)]
  const start = imageNetStart(modelLabels)
  const classes = modelLabels.map((name) => ({ name, forms: nameForms(name, { isTranslated: start === null }) }))
  const best = new Map<number, Candidate>()
  for (const label of labels) {
    const named = byName(classes, label)
    const candidates = start === null ? named : amongImageNet(named, label, { modelLabels, start })
    for (const candidate of candidates) {
      const known = best.get(candidate.classIndex)
      if (known === undefined || isSurer(candidate, known)) best.set(candidate.classIndex, candidate)
    }
  }
  const classifier = [...best.values()]
    .sort((a, b) => a.classIndex - b.classIndex)
    .map(({ classIndex, name, label, reason }) => ({ classIndex, name, label, reason }))
  return { classifier, unmatchedLabels: unmatched(labels, classifier) }
}

/**
 * Guesses which categories of objects (a detector's, an annotation file's) mean which labels of a dataset, by name,
 * synonym, plural or translation.
 * @returns the guesses in order of the categories, and the labels that no category was found for
 */
export function guessObjectMap(
  categories: readonly string[],
  datasetLabels: readonly string[],
): { readonly objects: ObjectGuess[]; readonly unmatchedLabels: string[] } {
  const labels = [...new Set(datasetLabels)]
  const forms = labels.map((label) => ({ label, forms: labelForms(label) }))
  const objects = [...new Set(categories)].flatMap((category) => {
    const name = nameForms(category, { isTranslated: true })
    const guesses = forms.flatMap(({ label, forms: wanted }) => {
      const reason = nameReason(name, wanted)
      return reason === null ? [] : [{ category, label, reason }]
    })
    return guesses.sort((a, b) => rank(a.reason) - rank(b.reason)).slice(0, 1)
  })
  return { objects, unmatchedLabels: unmatched(labels, objects) }
}

function byName(classes: readonly { readonly name: string; readonly forms: NameForms }[], label: string): Candidate[] {
  const wanted = labelForms(label)
  const candidates: Candidate[] = []
  for (const [classIndex, { name, forms }] of classes.entries()) {
    const reason = nameReason(forms, wanted)
    if (reason !== null) candidates.push({ classIndex, name, label, reason, breadth: 1 })
  }
  return candidates
}

/**
 * ImageNet's own names are English and are not translated (its "papillon" is a dog). A label whose English word has a
 * group means that group alone: a class outside of it that is called the same is another thing (a carpenter's plane).
 * Else it means the classes of its name, and only where there are none, the group of its translation.
 */
function amongImageNet(
  named: readonly Candidate[],
  label: string,
  { modelLabels, start }: { readonly modelLabels: readonly string[]; readonly start: number },
): Candidate[] {
  const own = imageNetGroup(englishWord(label))
  const direct = named.filter(({ reason }) => reason !== 'translation')
  const group = own.length > 0 || direct.length > 0 ? own : imageNetGroup(everydayWord(label) ?? '')
  if (group.length === 0) return direct.length > 0 ? direct : [...named]
  const indices = group.map((index) => index + start)
  const grouped = indices.map((classIndex): Candidate => {
    return { classIndex, name: modelLabels[classIndex]!, label, reason: 'imagenet-group', breadth: group.length }
  })
  return [...named.filter(({ classIndex }) => indices.includes(classIndex)), ...grouped]
}

function isSurer(a: Candidate, b: Candidate): boolean {
  return rank(a.reason) < rank(b.reason) || (a.reason === b.reason && a.breadth < b.breadth)
}

function rank(reason: GuessReason): number {
  return guessReasons.indexOf(reason)
}

function unmatched(labels: readonly string[], guesses: readonly { readonly label: string }[]): string[] {
  const matched = new Set(guesses.map(({ label }) => label))
  return labels.filter((label) => !matched.has(label))
}
