/** Words of the engine (messages, reasons) as a sentence: with a capital, where they begin with a word, and a full stop. */
export function asSentence(words: string): string {
  const ended = /[.!?]$/.test(words) ? words : `${words}.`
  const isAddress = /^\w+:\/\//.test(ended)
  return isAddress ? ended : ended.charAt(0).toUpperCase() + ended.slice(1)
}
