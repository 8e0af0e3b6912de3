/* eslint-disable no-control-regex -- control characters are what this is about */

/** Controls (line ends and escape sequences of a terminal among them) and marks that turn the direction of writing. */
const unprintable = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu

/**
 * Text of others (names of files, labels, messages) made safe for one line of a terminal: a file name may hold line ends
 * or escape sequences. Each run of such characters becomes one space.
 */
export function printable(text: string): string {
  return text.replace(unprintable, ' ').trimEnd()
}
