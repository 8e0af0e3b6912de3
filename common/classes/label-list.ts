/**
 * Reads class names as people write them down: a JSON array, else one name a line (the last line may be empty).
 * @returns what it says, which need not be names where it is JSON
 * @throws SyntaxError for what begins like JSON and is none
 */
export function parseLabelList(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return text.replace(/(\r?\n)+$/, '').split(/\r?\n/)
  return JSON.parse(text)
}
