import type { LabelRule } from '#common/classes/label-rules.ts'
import type { DatasetContext, LabelNote } from '../dataset.ts'
import { areClasses, guessLabelRule, labelNote, makeLabeller } from '../labels.ts'
import type { Catalogue } from './catalogue.ts'
import { labelsFromLargestMask, labelsFromOnlyCategory } from './category-labels.ts'

/**
 * Gives the images of a catalogue their labels, by the rule or by a guess: the folders, else the file names, else the
 * category if every image has exactly one and they differ, else none.
 * @throws AppError as `makeLabeller` and `scanJson`
 */
export async function labelEntries(
  catalogue: Catalogue,
  given: LabelRule | undefined,
  context: DatasetContext,
): Promise<LabelNote> {
  const { entries } = catalogue
  const rule = given ?? guessLabelRule(entries.map(({ file }) => file)) ?? (await guessCategory(catalogue, context))
  const labelOf = await makeLabeller(rule, () => labelsFromLargestMask(catalogue, context))
  for (const entry of entries) entry.label = labelOf(entry)
  const labels = entries.map(({ label }) => label)
  return labelNote(rule, given === undefined, labels)
}

async function guessCategory(catalogue: Catalogue, context: DatasetContext): Promise<LabelRule | null> {
  const labelOf = await labelsFromOnlyCategory(catalogue, context)
  return areClasses(catalogue.entries.map(labelOf), 1) ? { kind: 'category' } : null
}
