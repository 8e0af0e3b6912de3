import { computed, type WritableComputedRef } from 'vue'
import { text } from '../messages/i18n.ts'
import { verdictName, verdicts } from '../stores/verdict-draft.ts'

interface Option {
  readonly value: string
  readonly label: string
}

/** value of the option that lets everything through */
const any = ''

/** Options of a select field, after one that lets everything through. */
export function anyOr(label: string, options: readonly Option[]): readonly Option[] {
  return [{ value: any, label }, ...options]
}

/** Options that are called what they are. */
export function asNamed(values: readonly string[]): readonly Option[] {
  return values.map((value) => ({ value, label: value }))
}

export function verdictOptions(): readonly Option[] {
  return anyOr(
    text('images.anyVerdict'),
    verdicts.map((value) => ({ value, label: verdictName(value) })),
  )
}

/** The model of a select field. @param set null: everything is let through */
export function filterChoice(
  get: () => string | null,
  set: (value: string | null) => void,
): WritableComputedRef<string> {
  return computed({ get: () => get() ?? any, set: (value) => set(value === any ? null : value) })
}
