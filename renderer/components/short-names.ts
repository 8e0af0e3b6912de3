const separators = /(?<=[-_ .,/])/

/**
 * Names without the parts that all of them begin and end with, for narrow places: `mobilenet-v1-tfjs` and
 * `mobilenet-v2-tfjs` are `v1` and `v2`. Parts end at `-`, `_`, `.`, `,`, `/` and spaces; one name alone stays as it is.
 */
export function shortNames(names: readonly string[]): readonly string[] {
  const parts = names.map((name) => name.split(separators))
  if (names.length < 2) return names
  const shortest = Math.min(...parts.map(({ length }) => length))
  const areSame = (at: (all: readonly string[]) => string | undefined): boolean =>
    new Set(parts.map((all) => bare(at(all) ?? ''))).size === 1
  let [start, end] = [0, 0]
  while (start < shortest - 1 && areSame((all) => all[start])) start++
  while (end < shortest - 1 - start && areSame((all) => all.at(-1 - end))) end++
  return parts.map((all) => bare(all.slice(start, all.length - end).join('')))
}

/** Without the separator behind it. */
function bare(part: string): string {
  return part.replace(/[-_ .,/]$/, '')
}
