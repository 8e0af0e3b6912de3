import { text } from '../messages/i18n.ts'

/** Something made by a method with these options, of which defaults are part. */
export interface MadeWith {
  readonly model: string
  readonly method: string
  readonly variant: string
  readonly options: Readonly<Record<string, unknown>>
}

/**
 * What tells apart those that were made by the same method of the same classifier: the options in which they differ, in
 * words (`patch 16, stride 8`), one text each; empty where there is nothing to tell apart.
 */
export function distinguishingOptions(all: readonly MadeWith[]): readonly string[] {
  return all.map((own) => {
    const alike = all.filter(
      ({ model, method, variant }) => model === own.model && method === own.method && variant === own.variant,
    )
    return Object.entries(own.options)
      .filter(([name, value]) => alike.some(({ options }) => !isSame(options[name], value)))
      .map(([name, value]) => optionWords(name, value))
      .join(', ')
  })
}

/** An option and its value: `patch 16`. */
export function optionWords(name: string, value: unknown): string {
  return text('explain.option', { name, value: typeof value === 'string' ? value : JSON.stringify(value) })
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
