/**
 * A class name as it is compared: lower case, accents stripped, `_` and `-` as spaces, spaces collapsed.
 * "Bären_Höhle" → "baren hohle". Idempotent; no translation, no plural.
 */
export function foldName(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .replace(/[\s_\-\u2010-\u2015]+/gu, ' ')
    .trim()
}

/** Whether two class names are the same but for case, accents and separators. */
export function isSameName(a: string, b: string): boolean {
  return foldName(a) === foldName(b)
}
