import { text, type MessageKey } from './i18n.ts'

/** Counts of things in words, those of which there are none left out: `2 images, 1 mask`; may be empty. */
export function countedWords(parts: readonly (readonly [number, MessageKey])[]): string {
  return parts.flatMap(([n, key]) => (n > 0 ? [text(key, n)] : [])).join(', ')
}
