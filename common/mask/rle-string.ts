import { AppError } from '../contract/errors.ts'

/*
 * COCO's compressed counts: each count after the third is written as its difference to the count two before it (runs of
 * the same colour in neighbouring columns are alike), in groups of five bits, lowest first, bit 5 = more follow, the top
 * bit of the last group = sign, each group plus 48 as a character.
 */
const offset = 48
const more = 0x20
const sign = 0x10

/** A count has 32 bits and a difference one more, so no number needs more than seven groups. */
const maxGroups = 7

/** Writes run lengths as COCO's compressed string; byte-exact with pycocotools. No counts give ''. */
export function compressCounts(counts: Uint32Array): string {
  const codes = new Uint8Array(counts.length * maxGroups)
  let n = 0
  for (let i = 0; i < counts.length; i++) {
    let rest = i > 2 ? counts[i]! - counts[i - 2]! : counts[i]!
    for (let isLast = false; !isLast;) {
      const group = rest & 0x1f
      rest = Math.floor(rest / 32) // not >>, the difference of two counts may need 33 bits
      isLast = rest === ((group & sign) === 0 ? 0 : -1)
      codes[n++] = (isLast ? group : group | more) + offset
    }
  }
  return asciiText(codes.subarray(0, n))
}

/** In slices, because the arguments of one call are limited. */
function asciiText(codes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < codes.length; i += 4096)
    text += String.fromCharCode.apply(null, codes.subarray(i, i + 4096) as unknown as number[])
  return text
}

/**
 * Reads COCO's compressed string. Zero-length runs are kept as they are written.
 * @param nPixels width × height; bounds every count, so that a hostile text cannot ask for more
 * @throws AppError 'rle.counts' on a character that cannot be, a number that is cut off, too long or out of range, or if
 * the counts do not add up to `nPixels`
 */
export function decompressCounts(text: string, nPixels: number): Uint32Array {
  // one run a pixel, and at most one of length zero before each and one at the end
  const counts = new Uint32Array(Math.min(text.length, 2 * nPixels + 2))
  let n = 0
  let sum = 0
  for (let at = 0; at < text.length; n++) {
    if (n === counts.length) throw broken(`more than ${n} runs, the mask has ${nPixels} pixels`, at)
    const length = groupsOfNumber(text, at)
    const value = numberAt(text, at, length) + (n > 2 ? counts[n - 2]! : 0)
    sum += value
    if (value < 0 || sum > nPixels) throw broken(`run ${n} is ${value}, the mask has ${nPixels} pixels`, at)
    counts[n] = value
    at += length
  }
  if (sum !== nPixels) throw broken(`counts add up to ${sum}, the mask has ${nPixels} pixels`, text.length)
  return counts.slice(0, n)
}

/** How many characters the number that starts here has. */
function groupsOfNumber(text: string, at: number): number {
  for (let i = 0; i < maxGroups; i++) {
    const code = text.charCodeAt(at + i) - offset
    if (Number.isNaN(code)) throw broken('the text ends inside a number', at + i)
    if (code < 0 || code > 63) throw broken(`character ${JSON.stringify(text[at + i])} is not of this code`, at + i)
    if ((code & more) === 0) return i + 1
  }
  throw broken(`a number is longer than ${maxGroups} characters`, at)
}

function numberAt(text: string, at: number, length: number): number {
  const last = (text.charCodeAt(at + length - 1) - offset) & 0x1f
  let value = (last & sign) === 0 ? last : last - 32
  for (let i = length - 2; i >= 0; i--) value = value * 32 + ((text.charCodeAt(at + i) - offset) & 0x1f)
  return value
}

function broken(what: string, at: number): AppError {
  return new AppError('rle.counts', `compressed counts: ${what} (at character ${at})`, {
    hint: 'The text may be damaged, or belong to another image size.',
    data: { at },
  })
}
