/** Whether every word of a query begins somewhere in a text; case does not count, nor does the order. */
export function matchesWords(text: string, query: string): boolean {
  const lower = text.toLowerCase()
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => word === '' || lower.includes(word))
}
