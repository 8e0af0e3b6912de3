/** The bytes that structure a JSON text; UTF-8 uses none of them inside a longer character. */
export const quote = 0x22
export const comma = 0x2c
export const colon = 0x3a
export const openBracket = 0x5b
export const closeBracket = 0x5d
export const openBrace = 0x7b
export const closeBrace = 0x7d
const backslash = 0x5c

/** Far above what annotations nest, far below what overflows the stack when such a value is written out again. */
export const maxDepth = 64

/** JSON's four kinds of white space. */
export function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

/** How far into a value the search for its end has come; survives the moves from one piece of the file to the next. */
export interface Progress {
  depth: number
  isInString: boolean
  isEscaped: boolean
}

/** Index behind a number, true, false or null that goes on at `from`; -1 where the bytes end before that is sure. */
export function endOfPlain(bytes: Uint8Array, from: number, to: number): number {
  for (let i = from; i < to; i++) {
    const byte = bytes[i]!
    if (byte === comma || byte === closeBracket || byte === closeBrace || isSpace(byte)) return i
  }
  return -1
}

/** 1 for the bytes that end or begin a string or a nesting. */
const isStructural = new Uint8Array(256)
for (const byte of [quote, backslash, openBracket, closeBracket, openBrace, closeBrace]) isStructural[byte] = 1

/**
 * Index behind a list, object or string that begins or goes on at `from`. Only brackets and quotes are looked at.
 * @param progress changed where the answer is -1, for going on with the next piece
 * @returns -1 where the bytes end first, or where `progress.depth` has passed `maxDepth`
 */
export function endOfNested(bytes: Uint8Array, from: number, to: number, progress: Progress): number {
  let { depth, isInString, isEscaped } = progress
  for (let i = from; i < to; i++) {
    const byte = bytes[i]!
    if (!isStructural[byte]) isEscaped = false
    else if (isInString) {
      if (isEscaped) isEscaped = false
      else if (byte === backslash) isEscaped = true
      else if (byte === quote) {
        isInString = false
        if (depth === 0) return i + 1
      }
    } else if (byte === quote) isInString = true
    else if (byte === openBracket || byte === openBrace) {
      if (++depth > maxDepth) break
    } else if (byte !== backslash && --depth === 0) return i + 1
  }
  progress.depth = depth
  progress.isInString = isInString
  progress.isEscaped = isEscaped
  return -1
}
