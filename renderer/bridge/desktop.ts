import type { Desktop } from '#common/contract/desktop.ts'

/** What the desktop program gives to its window; null in a browser. */
export const desktop: Desktop | null = (globalThis as { readonly desktop?: Desktop }).desktop ?? null
