import { createI18n } from 'vue-i18n'
import { en, type Catalogue } from './en.ts'

type Leaf<T, Path extends string> = T extends string
  ? Path
  : { [K in keyof T & string]: Leaf<T[K], Path extends '' ? K : `${Path}.${K}`> }[keyof T & string]

/** Path of a text in the catalogue, such as `home.projects`. */
export type MessageKey = Leaf<Catalogue, ''>

export const i18n = createI18n({ legacy: false, locale: 'en', messages: { en } })

/**
 * A text of the catalogue with its values filled in. With a number as `values` its singular or plural is taken, and
 * `n` is that number.
 */
export function text(key: MessageKey, values: Readonly<Record<string, string | number>> | number = {}): string {
  return typeof values === 'number' ? i18n.global.t(key, values) : i18n.global.t(key, values)
}
