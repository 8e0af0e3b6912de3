/** Words of the engine (messages, reasons) as a sentence: with a capital and a full stop. */
export function asSentence(words: string): string {
  const ended = /[.!?]$/.test(words) ? words : `${words}.`
  return ended.charAt(0).toUpperCase() + ended.slice(1)
}
