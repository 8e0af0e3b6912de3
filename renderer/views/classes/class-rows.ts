import type { ClassGroups } from '#common/contract/procedures/classes.ts'
import { foldName } from '#common/classes/fold.ts'
import { text, type MessageKey } from '../../messages/i18n.ts'
import type { GroupedModel } from '../../stores/class-draft.ts'

/** A class or a category in the list. */
export interface ClassRow {
  /** place among all, from 0 */
  readonly place: number
  readonly name: string
  /** why it is where it is, or how many masks there are of it; '' */
  readonly note: string
}

/** Which rows are listed: those of a label, those without one (null), or all. */
export type ShownGroup = { readonly label: string | null } | 'all'

type Reason = NonNullable<GroupedModel['classes'][number]['guess']>['reason']

const reasons = {
  exact: 'classes.reason.exact',
  synonym: 'classes.reason.synonym',
  plural: 'classes.reason.plural',
  translation: 'classes.reason.translation',
  'imagenet-group': 'classes.reason.imageNet',
} as const satisfies Record<Reason, MessageKey>

/** @param labels that the classes mean now, by index */
export function rowsOfModel({ classes }: GroupedModel, labels: readonly (string | null)[]): ClassRow[] {
  return classes.map(({ name, guess }, place) => ({
    place,
    name: name ?? text('classes.number', { n: place }),
    note: guess !== null && guess.label === labels[place] ? text(reasons[guess.reason]) : '',
  }))
}

export function rowsOfCategories({ categories }: ClassGroups['objects']): ClassRow[] {
  return categories.map(({ category, nInstances }, place) => ({
    place,
    name: category,
    note: text('classes.masks', nInstances),
  }))
}

/** The rows of a group whose name has every word, whatever their case and accents. */
export function filterRows(
  rows: readonly ClassRow[],
  labels: readonly (string | null)[],
  { group, words }: { readonly group: ShownGroup; readonly words: string },
): readonly ClassRow[] {
  const wanted = foldName(words).split(' ')
  return rows.filter(({ place, name }) => {
    if (group !== 'all' && labels[place] !== group.label) return false
    const folded = foldName(name)
    return wanted.every((word) => folded.includes(word))
  })
}
